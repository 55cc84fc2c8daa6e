// SPDX-License-Identifier: MIT
#include <tests/conformance/reference_folder.h>
#include <tests/support/catch.h>
#include <tests/support/stored_zip.h>
#include <tests/support/temporary_folder.h>
#include <tools/conform/batch_norm_case.h>
#include <tools/conform/run.h>
#include <tools/file_bytes.h>
#include <tools/npy_header.h>

#include <algorithm>
#include <limits>

using namespace wengert;
using namespace wengert::conform;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
const Tolerance tolerance{.first = 1, .second = 2, .higher = 4, .floor = 0};

Tensor<double> vector_of(std::initializer_list<double> values) {
  return Tensor<double>({static_cast<Index>(values.size())}, values);
}

double units(std::string_view output, std::initializer_list<double> got) {
  const Index size = static_cast<Index>(got.size());
  return worst_error(output, vector_of(got), Tensor<double>::zeros({size}), Tensor<double>::full({size}, 0.5),
                     tolerance)
      .units;
}

// A .npz of the given vectors.
class Archive {
 public:
  explicit Archive(const std::map<std::string, std::vector<double>>& arrays) {
    std::string zip;
    for (const auto& [name, values] : arrays) {
      std::string npy = npy_header_bytes("<f8", {static_cast<Index>(values.size())});
      npy.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
      zip += ZipMember{.name = name + ".npy", .data = npy}.bytes();
    }
    write_file_bytes(folder_ / "a.npz", zip + zip_directory(arrays.size()));
  }
  Npz open() const { return Npz(folder_ / "a.npz"); }

 private:
  TemporaryFolder folder_;
};

Case small_case() {
  Case c;
  c.name = "small";
  c.tolerance = {{"float32", tolerance}, {"float64", tolerance}};
  return c;
}

const Case& hand_made() {
  static const std::vector<Case> cases = load_cases(carried_cases());
  return *std::ranges::find(cases, "hand_bn", &Case::name);
}

}  // namespace

TEST_CASE("judge: an error at its allowance passes and one beyond it does not", "[conformance]") {
  CHECK(units("y", {0, 0.5, -0.25}) == 1);
  CHECK(units("y", {0, 0.25, -0.75}) == 1.5);
  CHECK(units("y", {0, 0, 0}) == 0);
}

TEST_CASE("judge: the worst element is named", "[conformance]") {
  const WorstError worst =
      worst_error("y", vector_of({1, 2, 4, 3}), vector_of({1, 1, 1, 1}), vector_of({1, 1, 1, 1}), tolerance);
  CHECK(worst.units == 3);
  CHECK(worst.at == 2);
}

TEST_CASE("judge: NaN and infinity never pass, wherever they stand", "[conformance]") {
  CHECK(units("y", {not_a_number, 0}) == infinity);
  CHECK(units("y", {0.25, not_a_number}) == infinity);
  CHECK(units("y", {infinity, 0}) == infinity);
  CHECK(worst_error("y", vector_of({0}), vector_of({not_a_number}), vector_of({1}), tolerance).units ==
        infinity);
  CHECK(worst_error("y", vector_of({1}), vector_of({0}), vector_of({not_a_number}), tolerance).units ==
        infinity);
}

TEST_CASE("judge: a tensor of another shape does not pass", "[conformance]") {
  CHECK(worst_error("y", vector_of({0, 0}), vector_of({0}), vector_of({1}), tolerance).units == infinity);
  CHECK(worst_error("y", Tensor<double>::zeros({1, 2}), vector_of({0, 0}), vector_of({1, 1}), tolerance)
            .units == infinity);
}

TEST_CASE("judge: a scale of zero asks for the exact value, up to the floor", "[conformance]") {
  const auto with_floor = [](double floor, double got) {
    return worst_error("y", vector_of({got}), vector_of({0}), vector_of({0}), {.first = 1, .floor = floor})
        .units;
  };
  CHECK(with_floor(0, 0) == 0);
  CHECK(with_floor(0, 1e-300) == infinity);
  CHECK(with_floor(1, 0.5) == 0.5);
}

TEST_CASE("judge: the allowance grows with the order of derivative", "[conformance]") {
  for (const char* output : {"y", "mean", "dx", "dx_var", "dgamma", "dbeta", "jvp_y"})
    CHECK(units(output, {1}) == 2);
  for (const char* output : {"ddx", "ddy", "ddgamma", "ddf_x", "ddf_y", "ddf_gamma"})
    CHECK(units(output, {1}) == 1);
  CHECK(units("dirderiv", {1, 0, 0, 0, 0}) == 2);
  CHECK(units("dirderiv", {0, 1, 0, 0, 0}) == 2);
  CHECK(units("dirderiv", {0, 0, 1, 0, 0}) == 1);
  CHECK(units("dirderiv", {0, 0, 0, 1, 0}) == 0.5);
  CHECK(units("dirderiv", {0, 0, 0, 0, 1}) == 0.5);
}

TEST_CASE("judge: float32 has scales of its own, and a centred grade apart", "[conformance]") {
  const Archive archive({{"y", {0}}, {"y__s", {1}}, {"y__s32", {4}}, {"y__c", {0.5}}, {"x", {0}}});
  const Judgement single = judge<float>(small_case(), archive.open(), {{"y", Tensor<float>({1}, {2})}});
  REQUIRE(single.verdicts.size() == 1);
  CHECK(single.verdicts[0].worst.units == 0.5);
  CHECK(single.verdicts[0].centred.value().units == 4);
  CHECK(single.verdicts[0].passed());
  CHECK(single.verdicts[0].text.empty());

  const Judgement wide = judge<double>(small_case(), archive.open(), {{"y", Tensor<double>({1}, {2})}});
  CHECK(wide.verdicts[0].worst.units == 2);
  CHECK_FALSE(wide.verdicts[0].centred.has_value());
  CHECK(wide.verdicts[0].text == "y[0] is 2, expected 0: 2 of its allowance");
}

TEST_CASE("judge: outputs that nobody gave are listed, unrepresentable ones are left out", "[conformance]") {
  const Archive archive(
      {{"dx", {0}}, {"dx__s", {1}}, {"y", {0}}, {"y__s", {1}}, {"ddx", {0}}, {"ddx__s", {1}}});
  Case c = small_case();
  c.unrepresentable = {{"float32", {"ddx"}}};
  const Judgement judgement = judge<float>(c, archive.open(), {{"y", Tensor<float>::zeros({1})}});
  CHECK(judgement.verdicts.size() == 1);
  CHECK(judgement.not_computed == std::vector<std::string>{"dx"});
}

TEST_CASE("judge: what a broken case lacks is named", "[conformance]") {
  Case c = small_case();
  const Archive archive({{"y", {0}}, {"y__s", {1, 1}}});
  const Outputs<double> got{{"y", Tensor<double>::zeros({1})}};
  CHECK_THROWS_WITH(judge(c, archive.open(), got), "y__s has shape [2], expected [1] as y");
  c.tolerance.erase("float64");
  CHECK_THROWS_WITH(judge(c, archive.open(), got),
                    "small: has no tolerance for float64, expected one for every dtype of the case");
}

TEMPLATE_TEST_CASE("judge: a wrong element in any output of a real case is found", "[conformance]", float,
                   double) {
  using T = TestType;
  const Form form = GENERATE(Form::staged, Form::fused);
  const Npz arrays(hand_made().file);
  const Outputs<T> sound = batch_norm_outputs<T>(hand_made(), arrays, form);
  const auto failed = [&](const Outputs<T>& outputs) {
    std::vector<std::string> names;
    for (const Verdict& verdict : judge(hand_made(), arrays, outputs).verdicts) {
      if (!verdict.passed()) names.push_back(verdict.output);
    }
    return names;
  };
  CHECK(failed(sound).empty());
  for (const Verdict& verdict : judge(hand_made(), arrays, sound).verdicts) {
    Outputs<T> wrong = sound;
    Tensor<T> changed = sound.at(verdict.output).clone();
    T& last = changed.mutable_data()[changed.size() - 1];
    last += static_cast<T>(0.001) * (1 + std::abs(last));
    wrong[verdict.output] = changed;
    CHECK(failed(wrong) == std::vector<std::string>{verdict.output});
  }
}

TEST_CASE("run: counts tell required, centred and optional results apart", "[conformance]") {
  const auto result = [](bool required, double units, std::optional<double> centred) {
    Verdict verdict{.output = "y", .worst = {.units = units}, .centred = {}, .text = "y is wrong"};
    if (centred) verdict.centred = WorstError{.units = *centred};
    CaseResult r;
    r.form = Form::fused;
    r.required = required;
    r.judgement.verdicts = {{.output = "dx", .worst = {.units = 0.25}, .centred = {}, .text = {}}, verdict};
    return r;
  };
  Counts counts;
  counts.add(result(true, 0.5, {}));
  counts.add(result(true, 0.5, 2));
  counts.add(result(true, 1.5, 0.5));
  counts.add(result(false, 1.5, {}));
  CHECK(to_string(counts) ==
        "required 2 passed, 1 failed; centred 1 passed, 1 failed; optional 0 passed, 1 failed");
  CaseResult staged = result(true, 0.5, 2);
  staged.form = Form::staged;
  counts.add(staged);
  CHECK(counts.centred_failed == 1);
  CHECK(counts.staged_centred_failed == 1);
  CHECK(result(true, 1.5, {}).worst() == 1.5);
  CHECK(result(true, 1.5, {}).failures() == "y is wrong");
  CaseResult broken;
  broken.problem = "batch_norm: no";
  CHECK_FALSE(broken.passed());
  CHECK(broken.worst() == infinity);
  CaseResult silent = result(true, 0.5, {});
  silent.judgement.not_computed = {"running_var_out_biased"};  // the other rule for it
  CHECK(silent.passed());
  silent.judgement.not_computed.push_back("ddx");
  CHECK_FALSE(silent.passed());
  CHECK(silent.worst() == infinity);
  CHECK(silent.failures() == "ddx is stated and was not computed");
}

TEST_CASE("run: an optional case or dtype is not required", "[conformance]") {
  Case c = hand_made();
  c.dtypes = {"float64"};
  c.optional_dtypes = {"float32"};
  for (const CaseResult& result : run_case(c)) CHECK(result.required == (result.dtype == "float64"));
  c.optional = true;
  for (const CaseResult& result : run_case(c)) CHECK_FALSE(result.required);
}

TEST_CASE("run: a case that is not known is refused by name", "[conformance]") {
  Case c = hand_made();
  c.mode = "replay";
  CHECK_THROWS_WITH(run_case(c),
                    "hand_bn: layer is batch_norm in mode replay, expected batch_norm, layer_norm, rms_norm, "
                    "group_norm or instance_norm in mode train, or batch_norm in mode eval");
  c.mode = "train";
  c.dtypes = {"bfloat16"};
  CHECK_THROWS_WITH(run_case(c), "hand_bn: dtype is bfloat16, expected float32 or float64");
}

TEST_CASE("run: what the layer refuses is a failed result that carries its text", "[conformance]") {
  Case c = hand_made();
  c.eps = -1;
  for (const CaseResult& result : run_case(c)) {
    CHECK_FALSE(result.passed());
    CHECK(result.failures() == "batch_norm: eps is -1, expected a finite number >= 0");
  }
}
