// SPDX-License-Identifier: MIT
// Both forms of batch_norm in training mode against vectors that nobody of this project computed.
#include <autodiff/kernels/parallel.h>
#include <tests/conformance/reference_folder.h>
#include <tests/conformance/run_cases.h>
#include <tests/support/catch.h>
#include <tools/conform/batch_norm_case.h>
#include <tools/conform/behaviour.h>
#include <tools/conform/run.h>

#include <map>
#include <set>

using namespace wengert;
using namespace wengert::conform;

namespace {

Counts run_all(const std::filesystem::path& folder) { return run_cases(folder, "batch_norm", 8); }

}  // namespace

TEST_CASE("batch_norm: both forms pass every reference case in every dtype", "[conformance][batch_norm]") {
  const int threads = GENERATE(1, 2);
  CAPTURE(threads);
  kernels::use_threads(threads);
  const Counts counts = run_all(reference_folder());
  kernels::use_threads(0);
  CHECK(counts.required_failed == 0);
  CHECK(counts.required_passed > 0);
}

TEST_CASE("batch_norm: the cases that every clone carries pass", "[conformance][batch_norm]") {
  const Counts counts = run_all(carried_cases());
  CHECK(counts.required_failed == 0);
  CHECK(counts.required_passed == 9 * 2 * 2);
}

TEST_CASE("batch_norm: the paths through both mean and variance carry nothing", "[conformance][batch_norm]") {
  for (const Case& c : cases_of(reference_folder(), "batch_norm")) {
    const Npz arrays(c.file);
    const Outputs<double> out = batch_norm_outputs<double>(c, arrays, Form::staged);
    INFO(c.name);
    if (c.mode == "eval") continue;
    REQUIRE(out.contains("dx_mixed"));
    const Tensor<double>& mixed = out.at("dx_mixed");
    const WorstError worst = worst_error("dx", mixed, Tensor<double>::zeros(mixed.shape()),
                                         arrays.read<double>("dx__s"), c.tolerance.at("float64"));
    CHECK(worst.units <= 1);
  }
}

TEST_CASE("norms: both forms behave as they must where there is no number", "[conformance]") {
  int met = 0, unmet = 0;
  for (const Behaviour& behaviour : load_behaviours(reference_folder())) {
    for (const BehaviourResult& result : try_behaviour(behaviour)) {
      INFO(result.id << ", " << to_string(result.form) << ", " << result.dtype << ": " << result.text);
      CHECK(result.met);
      ++(result.met ? met : unmet);
    }
  }
  std::cout << "conformance: behaviours " << met << " met, " << unmet << " unmet\n";
}

TEST_CASE("norms: the errors of the behaviours say what came and what was expected",
          "[conformance][batch_norm]") {
  const std::map<std::string, std::string> texts{
      {"bn_one_value_nc",
       "batch_norm: x has shape [1, 3] with 1 values per channel, expected at least 2 in training"},
      {"bn_one_value_nchw",
       "batch_norm: x has shape [1, 3, 1, 1] with 1 values per channel, expected at least 2 in training"},
      {"bn_gamma_too_long", "batch_norm: gamma has shape [4], expected [3]"},
      {"bn_running_mean_wrong", "batch_norm_eval: running_mean has shape [4], expected [3]"},
      {"ln_shape_mismatch", "layer_norm: x has shape [2, 4], expected one that ends in [5]"},
      {"ln_gamma_mismatch", "load_state: gamma has shape [2], expected [4]"},
      {"bn_rank_1", "batch_norm: x has shape [4], expected rank 2 or more"},
      {"bn_channels_last_mismatch", "batch_norm: gamma has shape [3], expected [5]"},
      {"bn_negative_eps", "batch_norm: eps is -1, expected a finite number >= 0"},
      {"dy_shape_mismatch", "backward: dy has shape [3, 4], expected [4, 3]"}};
  std::set<std::string> seen;
  for (const Behaviour& behaviour : load_behaviours(carried_cases())) {
    const auto text = texts.find(behaviour.id);
    if (text == texts.end()) continue;
    seen.insert(behaviour.id);
    for (const BehaviourResult& result : try_behaviour(behaviour)) CHECK(result.text == text->second);
  }
  CHECK(seen.size() == texts.size());
}
