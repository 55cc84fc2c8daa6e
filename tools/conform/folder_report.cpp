// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/conform/folder_report.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

namespace wengert::conform {
namespace {

using Json = nlohmann::json;

// The worst error of the second grade; nothing where the case has none.
std::optional<double> worst_centred(const CaseResult& result) {
  std::optional<double> worst;
  for (const Verdict& verdict : result.judgement.verdicts) {
    if (verdict.centred) worst = std::max(worst.value_or(0), verdict.centred->units);
  }
  return worst;
}

std::string units(double value) {
  if (!std::isfinite(value)) return "inf";
  return fmt::format("{:.3f}", value);
}

std::string grade(const CaseResult& result) {
  const std::string word = result.passed() ? "passed" : "FAILED";
  return result.required ? word : "optional: " + word;
}

// The reasons, a line each, below the row that failed.
std::string indented(const std::string& lines) {
  std::istringstream in(lines);
  std::string out;
  for (std::string line; std::getline(in, line);) out += "    " + line + "\n";
  return out;
}

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const CaseResult& result) {
  Json json{{"name", result.name},
            {"layer", result.layer},
            {"form", to_string(result.form)},
            {"dtype", result.dtype},
            {"required", result.required},
            {"passed", result.passed()},
            {"worst", finite_or_null(result.worst())},
            {"failures", result.failures()}};
  if (const auto centred = worst_centred(result)) {
    json["centred_worst"] = finite_or_null(*centred);
    json["centred_passed"] = *result.passed_centred();
  }
  return json;
}

}  // namespace

std::string to_text(const FolderResult& result) {
  std::string text;
  const auto out = std::back_inserter(text);
  constexpr const char* row = "{:<54} {:<6} {:<8} {:>9} {:>9}  {}\n";
  text += "error in units of its allowance: at most 1 passes\n\n";
  fmt::format_to(out, fmt::runtime(row), "case", "form", "dtype", "worst", "centred", "");
  for (const CaseResult& one : result.cases) {
    const auto centred = worst_centred(one);
    fmt::format_to(out, fmt::runtime(row), one.name, to_string(one.form), one.dtype, units(one.worst()),
                   centred ? units(*centred) : "", grade(one));
    text += indented(one.failures());
  }
  for (const ScalarResult& one : result.scalars) {
    fmt::format_to(out, fmt::runtime(row), one.name, to_string(one.form), "float64", units(one.units), "",
                   one.passed() ? "passed" : "FAILED");
    text += indented(one.text);
  }
  for (const BehaviourResult& one : result.behaviours) {
    fmt::format_to(out, fmt::runtime(row), one.id, to_string(one.form), one.dtype, "", "",
                   one.met ? "met" : "UNMET");
    if (!one.met) text += indented(one.text);
  }
  const Counts& counts = result.counts;
  fmt::format_to(out, "\nstaged form, centred grade, reported apart: {} passed, {} failed\n",
                 counts.staged_centred_passed, counts.staged_centred_failed);
  fmt::format_to(out, "{}; behaviours {} met, {} unmet\n", to_string(counts), result.behaviours_met,
                 result.behaviours_unmet);
  return text;
}

std::string to_json(const FolderResult& result) {
  Json cases = Json::array(), scalars = Json::array(), behaviours = Json::array();
  for (const CaseResult& one : result.cases) cases.push_back(json_of(one));
  for (const ScalarResult& one : result.scalars) {
    scalars.push_back({{"name", one.name},
                       {"form", to_string(one.form)},
                       {"passed", one.passed()},
                       {"worst", finite_or_null(one.units)},
                       {"failures", one.text}});
  }
  for (const BehaviourResult& one : result.behaviours) {
    behaviours.push_back({{"id", one.id},
                          {"form", to_string(one.form)},
                          {"dtype", one.dtype},
                          {"met", one.met},
                          {"text", one.text}});
  }
  const Counts& c = result.counts;
  const auto pair = [](int passed, int failed) { return Json{{"passed", passed}, {"failed", failed}}; };
  const Json counts{{"required", pair(c.required_passed, c.required_failed)},
                    {"centred", pair(c.centred_passed, c.centred_failed)},
                    {"staged_centred", pair(c.staged_centred_passed, c.staged_centred_failed)},
                    {"optional", pair(c.optional_passed, c.optional_failed)},
                    {"behaviours", {{"met", result.behaviours_met}, {"unmet", result.behaviours_unmet}}}};
  return Json{{"cases", cases}, {"scalars", scalars}, {"behaviours", behaviours}, {"counts", counts}}.dump(2);
}

}  // namespace wengert::conform
