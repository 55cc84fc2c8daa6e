// SPDX-License-Identifier: MIT
// Both forms of the layers that normalise each sample by itself, against vectors that nobody of this project
// computed.
#include <tests/conformance/reference_folder.h>
#include <tests/conformance/run_cases.h>

using namespace wengert;
using namespace wengert::conform;

namespace {

struct Expected {
  std::string layer;
  std::size_t least;  // tensors that every case states: RMS norm has no mean and no term of it
  int carried;        // cases that every clone carries
};

const std::vector<Expected> layers{
    {"layer_norm", 12, 3}, {"group_norm", 12, 3}, {"instance_norm", 12, 2}, {"rms_norm", 10, 3}};

}  // namespace

TEST_CASE("norms: both forms pass every reference case in every dtype", "[conformance]") {
  for (const Expected& expected : layers) {
    const Counts counts = run_cases(reference_folder(), expected.layer, expected.least);
    CAPTURE(expected.layer);
    CHECK(counts.required_failed == 0);
    CHECK(counts.required_passed > 0);
  }
}

TEST_CASE("norms: the cases that every clone carries pass", "[conformance]") {
  for (const Expected& expected : layers) {
    const Counts counts = run_cases(carried_cases(), expected.layer, expected.least);
    CAPTURE(expected.layer);
    CHECK(counts.required_failed == 0);
    CHECK(counts.required_passed == expected.carried * 2 * 2);
  }
}

// jvp_y is answered by the staged form, whose mean is one float.
TEST_CASE("norms: the fused form keeps its mean to twice the precision", "[conformance]") {
  int graded = 0;
  for (const Expected& expected : layers) {
    for (const Case& c : cases_of(reference_folder(), expected.layer)) {
      for (const CaseResult& result : run_case(c)) {
        for (const Verdict& verdict : result.judgement.verdicts) {
          if (result.form != Form::fused || !verdict.centred || verdict.output == "jvp_y") continue;
          CAPTURE(c.name, verdict.output);
          CHECK(verdict.centred->units <= 1);
          ++graded;
        }
      }
    }
  }
  CHECK(graded >= 6);
}
