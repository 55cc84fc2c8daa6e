// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <tests/support/catch.h>
#include <tools/report/comparison_json.h>
#include <tools/report/comparison_text.h>

#include <nlohmann/json.hpp>

using namespace wengert;
using Catch::Matchers::ContainsSubstring;

namespace {

Comparison small_comparison(bool faulty) {
  Subject<float> subject = make_subject<float>(
      "batch_norm", {{"x", random_normal<float>({11, 3}, 1)}},
      [](auto in) { return staged::batch_norm(in[0], std::nullopt, std::nullopt).y; },
      [](auto in) { return fused::batch_norm(in[0], std::nullopt, std::nullopt).y; });
  if (faulty) {
    subject.fused = [](std::span<const Var<float>> in) {
      return fused::batch_norm<float>(in[0], std::nullopt, std::nullopt).y * 1.001F;
    };
  }
  return compare(subject, {.timing = {.seconds = 0, .least_rounds = 2, .most_rounds = 2}});
}

}  // namespace

TEST_CASE("comparison text: says what agrees, what it costs, and ends with the verdict", "[report]") {
  const std::string text = to_text(small_comparison(false));
  CHECK_THAT(text, ContainsSubstring("batch_norm · float32 · x [11, 3] · seed 1"));
  CHECK_THAT(text, ContainsSubstring("dx"));
  CHECK_THAT(text, ContainsSubstring("saved beyond inputs"));
  CHECK_THAT(text, ContainsSubstring("2 interleaved rounds"));
  CHECK_THAT(text, Catch::Matchers::EndsWith("batch_norm: the forms agree\n"));
  CHECK(text.find('\x1b') == std::string::npos);  // no colour in a pipe
}

TEST_CASE("comparison text: a disagreement is named and costs no time", "[report]") {
  const std::string text = to_text(small_comparison(true), {.colour = true});
  CHECK_THAT(text, ContainsSubstring("times are not shown: the forms disagree"));
  CHECK_THAT(text, Catch::Matchers::EndsWith("batch_norm: the forms DISAGREE in y, dx\n"));
  CHECK(text.find('\x1b') != std::string::npos);
}

TEST_CASE("comparison JSON: has the numbers of the comparison", "[report]") {
  const Comparison c = small_comparison(false);
  const auto json = nlohmann::json::parse(to_json(c));
  CHECK(json["format"] == "wengert-comparison");
  CHECK(json["agrees"] == true);
  CHECK(json["inputs"][0]["shape"] == nlohmann::json({11, 3}));
  CHECK(json["agreement"].size() == 2);
  CHECK(json["staged"]["saved_bytes"] == c.staged.memory.saved_bytes);
  CHECK(json["fused"]["op_nodes"] == 1);
  CHECK(json["fused"]["time_ns"]["both"]["median"] == c.fused.timing->step.median);
  CHECK(nlohmann::json::parse(to_json(small_comparison(true)))["staged"]["time_ns"].is_null());
}
