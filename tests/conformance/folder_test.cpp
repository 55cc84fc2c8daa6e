// SPDX-License-Identifier: MIT
// A whole folder judged: what is counted, what is printed, what is refused.
#include <tests/conformance/reference_folder.h>
#include <tests/support/catch.h>
#include <tests/support/temporary_folder.h>
#include <tools/conform/folder_report.h>
#include <tools/file_bytes.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace wengert;
using namespace wengert::conform;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;

namespace {

std::string contents(const std::filesystem::path& path) { return file_bytes(path); }

// The carried cases with `from` replaced by `to` in one of their JSON files.
class Changed {
 public:
  Changed(const std::string& file, const std::string& from, const std::string& to) {
    for (const auto& entry : std::filesystem::directory_iterator(carried_cases()))
      std::filesystem::copy(entry.path(), folder_ / entry.path().filename().string());
    std::string text = contents(folder_ / file);
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    write_file_bytes(folder_ / file, text.replace(at, from.size(), to));
  }
  std::string refusal() const {
    try {
      run_folder(folder_.path());
    } catch (const FileError& error) {
      return folder_.without(error.what());
    }
    return "no error";
  }
  FolderResult run() const { return run_folder(folder_.path()); }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("conform: a whole folder holds, and the last line has the counts", "[conformance]") {
  const FolderResult result = run_folder(carried_cases());
  const std::string text = to_text(result);
  INFO(text);
  CHECK(result.holds());
  CHECK(result.scalars.size() == 16 * 2);
  CHECK_THAT(
      text,
      EndsWith("required 116 passed, 0 failed; centred 2 passed, 0 failed; optional 0 passed, 0 failed; "
               "behaviours 72 met, 0 unmet\n"));
  const auto json = nlohmann::json::parse(to_json(result));
  CHECK(json["counts"]["required"]["passed"] == 116);
  CHECK(json["counts"]["behaviours"]["met"] == 72);
  CHECK(json["cases"].size() == result.cases.size());
}

TEST_CASE("conform: the scalars, sequences and behaviours of the whole reference folder hold",
          "[conformance]") {
  for (const Scalar& scalar : load_scalars(reference_folder())) {
    for (const Form form : {Form::staged, Form::fused}) {
      INFO(scalar.name << ", " << to_string(form));
      const double error = std::abs(derivative(scalar, form) - scalar.expected);
      CHECK(error <= scalar.rtol * std::max(1.0, std::abs(scalar.expected)));
    }
  }
  for (const Case& c : load_sequences(reference_folder())) {
    for (const CaseResult& result : run_sequence(c)) {
      INFO(result.name << ": " << result.failures());
      CHECK(result.passed());
    }
  }
}

TEST_CASE("conform: each part is announced before it runs", "[conformance]") {
  std::vector<std::string> names;
  const FolderResult result =
      run_folder(carried_cases(), [&](std::string_view name) { names.emplace_back(name); });
  CHECK(names.size() == 20 + 1 + 16 + 18);
  CHECK(names.front() == "hand_bn");
  CHECK(result.counts.required_passed == 21 * 4 + 32);
}

TEST_CASE("conform: a scalar, a sequence or a behaviour that is off is found and counted", "[conformance]") {
  const FolderResult scalar = Changed("manifest.json", "0.8004109404183269", "0.8004109405183269").run();
  CHECK_FALSE(scalar.holds());
  CHECK(scalar.counts.required_failed == 2);
  CHECK_THAT(to_text(scalar), ContainsSubstring("FAILED\n    is 0.80041094041"));

  const FolderResult sequence =
      Changed("manifest.json", "\"eps\": 1e-05, \"momentum\": 0.1, \"variance_rule\"",
              "\"eps\": 1e-05, \"momentum\": 0.9, \"variance_rule\"")
          .run();
  CHECK(sequence.counts.required_failed == 4);

  const FolderResult behaviour = Changed("behaviours.json", "\"eps\": -1.0", "\"eps\": 1.0").run();
  CHECK(behaviour.behaviours_unmet == 4);
  CHECK(behaviour.counts.required_failed == 0);
  CHECK_FALSE(behaviour.holds());
  CHECK_THAT(to_text(behaviour), ContainsSubstring("UNMET\n    no error"));
}

TEST_CASE("conform: an output that is stated and that nobody computed is a failure", "[conformance]") {
  const FolderResult shorter =
      Changed("manifest.json", "\"layout\": \"NC\", \"steps\": 4", "\"layout\": \"NC\", \"steps\": 3").run();
  CHECK(shorter.counts.required_failed == 4);
  CHECK_THAT(to_text(shorter), ContainsSubstring("y_eval[") &&
                                   ContainsSubstring("running_var_4 is stated and was not computed"));
}

TEST_CASE("conform: unknown layers, functions and kinds are refused by name before anything runs",
          "[conformance]") {
  CHECK_THAT(Changed("manifest.json", "\"layer\": \"rms_norm\"", "\"layer\": \"spectral_norm\"").refusal(),
             ContainsSubstring("layer is spectral_norm in mode train, expected batch_norm"));
  CHECK_THAT(Changed("manifest.json", "\"scalar_bn_n2_order0\"", "\"scalar_sine\"").refusal(),
             ContainsSubstring("scalar_sine: the function is not known"));
  CHECK_THAT(
      Changed("manifest.json", "\"variance_rule\": \"unbiased\"", "\"variance_rule\": \"biased\"").refusal(),
      ContainsSubstring("variance_rule is biased, expected unbiased"));
  CHECK_THAT(
      Changed("behaviours.json", "\"layer\": \"group_norm\"", "\"layer\": \"spectral_norm\"").refusal(),
      ContainsSubstring("gn_not_divisible: layer is spectral_norm"));
  CHECK_THAT(Changed("behaviours.json", "\"kind\": \"confined\"", "\"kind\": \"surprise\"").refusal(),
             ContainsSubstring("bn_nan_one_column: kind is surprise"));
  CHECK_THAT(Changed("manifest.json", "\"order\": 3", "\"order\": \"three\"").refusal(),
             ContainsSubstring("manifest.json: scalar scalar_ln_pair_order3: "));
}

TEST_CASE("conform: what is not judged is not passed", "[conformance]") {
  CHECK_THAT(Changed("manifest.json", "\"kind\": \"numeric\"", "\"kind\": \"weird\"").refusal(),
             ContainsSubstring("hand_bn: kind is weird, expected numeric or sequence"));
  CHECK_THAT(Changed("manifest.json", "\"dtypes\": [\"float32\", \"float64\"]", "\"dtypes\": []").refusal(),
             ContainsSubstring("hand_bn: dtypes is empty, expected one at least"));
  CHECK_THAT(Changed("manifest.json", "\"first\": 2.38419e-07", "\"first\": -1").refusal(),
             ContainsSubstring("hand_bn: tolerance first is -1, expected none below 0"));
  CHECK_THAT(Changed("manifest.json", "\"numeric\": 20", "\"numeric\": 21").refusal(),
             ContainsSubstring("manifest.json: has 20 of kind numeric, expected the 21 of its count"));
  CHECK_THAT(Changed("manifest.json", "\"dx\": {", "\"dz\": {").refusal(),
             ContainsSubstring("hand_bn.npz: no member dz.npy, which the manifest lists"));
  CHECK_THAT(Changed("behaviours.json", file_bytes(carried_cases() / "behaviours.json"), "[]").refusal(),
             ContainsSubstring("manifest.json: has 0 of kind behaviour, expected the 18 of its count"));
  const TemporaryFolder empty;
  write_file_bytes(empty / "manifest.json", R"({"format": "norm-conformance", "version": 1, "cases": []})");
  CHECK_THROWS_WITH(run_folder(empty.path()), EndsWith("has no case, expected something to judge"));
}

TEST_CASE("conform: a broken file of a case is refused by name", "[conformance]") {
  CHECK_THAT(Changed("hand_gn.npz", "PK", "XX").refusal(), ContainsSubstring("hand_gn.npz"));
  const TemporaryFolder empty;
  CHECK_THROWS_WITH(run_folder(empty.path()), ContainsSubstring("manifest.json: no such file"));
}
