// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <examples/weight_standardisation/weight_standardisation.h>
#include <layers/batch_norm.h>
#include <tests/support/catch.h>
#include <tests/support/json_schema.h>
#include <tests/support/source_folder.h>
#include <tools/report/comparison_json.h>
#include <tools/report/comparison_text.h>

#include <fstream>
#include <nlohmann/json.hpp>

using namespace wengert;
using Catch::Matchers::ContainsSubstring;
using wengert::test::JsonSchema;

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
  CHECK(json["verdict"] == "pass");
  CHECK(json["inputs"][0]["shape"] == nlohmann::json({11, 3}));
  CHECK(json["agreement"].size() == 2);
  CHECK(json["staged"]["saved_bytes"] == c.staged.memory.saved_bytes);
  CHECK(json["fused"]["op_nodes"] == 1);
  CHECK(json["fused"]["time_ns"]["both"]["median"] == c.fused.timing->step.median);
  CHECK(nlohmann::json::parse(to_json(small_comparison(true)))["staged"]["time_ns"].is_null());
}

namespace {

std::vector<std::string> schema_violations(const std::string& json) {
  std::ifstream file(testing::source_folder() / "docs/comparison.schema.json");
  return JsonSchema(nlohmann::json::parse(file)).violations(nlohmann::json::parse(json));
}

}  // namespace

TEST_CASE("comparison JSON: validates against its schema, whatever the verdict", "[report]") {
  CHECK(schema_violations(to_json(small_comparison(false))) == std::vector<std::string>{});
  CHECK(schema_violations(to_json(small_comparison(true))) == std::vector<std::string>{});
}

TEST_CASE("comparison JSON: the schema refuses what it does not know and misses what is not there",
          "[report]") {
  auto json = nlohmann::json::parse(to_json(small_comparison(false)));
  json["surprise"] = 1;
  json["agreement"][0].erase("what");
  json["staged"]["saved_bytes"] = "many";
  CHECK(schema_violations(json.dump()) ==
        std::vector<std::string>{"$.agreement[0] has no what",
                                 "$.staged.saved_bytes is of another type than [\"integer\"]",
                                 "$ has surprise, which the schema does not know"});
}

TEST_CASE("compare: a user's layer gets the full report from one call", "[report]") {
  const Comparison c = compare<float>(
      {.name = "weight_standardisation",
       .staged = [](auto w, auto gain) { return staged_form(w, gain); },
       .fused = [](auto w, auto gain) { return fused_form(w, gain); },
       .inputs = {{"w", random_normal<float>({9, 14}, 1)}, {"gain", random_normal<float>({9}, 2)}}},
      {.timing = {.seconds = 0, .least_rounds = 2, .most_rounds = 2}});
  CHECK(c.verdict() == Verdict::pass);
  CHECK(c.agreement.rows.size() == 3);
  REQUIRE(c.fused.check);
  CHECK(c.fused.check->verdict == Verdict::pass);
  CHECK(c.staged.check->evaluated_in == "float64");
  REQUIRE(c.pathways.splits.size() == 1);
  CHECK(c.pathways.splits[0].of == "dw");
  CHECK(c.pathways.splits[0].classes[1].name == "mean");
  CHECK(c.pathways.splits[0].classes[3].vanishes);
  CHECK(c.fused.memory.predicted_peak_bytes == c.fused.memory.peak_bytes);
  CHECK(c.fused.timing->step.median > 0);
  CHECK(schema_violations(to_json(c)) == std::vector<std::string>{});
  const std::string text = to_text(c);
  for (const char* part : {"agreement", "gradient check", "pathways of dw", "zero to rounding", "ledger",
                           "(as predicted)", "of a copy", "the forms agree"}) {
    CHECK_THAT(text, ContainsSubstring(part));
  }
}
