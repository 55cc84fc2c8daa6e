// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/report/comparison_text.h>
#include <tools/report/report_sections.h>

namespace wengert {
namespace {

void write_inputs(TextOut out, const Comparison& c) {
  fmt::format_to(out, "{} · {} ·", c.name, c.dtype);
  for (const InputInfo& input : c.inputs) fmt::format_to(out, " {} {}", input.name, to_string(input.shape));
  fmt::format_to(out, " · seed {}\n\n", c.seed);
}

std::string disagreement(const Comparison& c) {
  std::string names;
  for (const AgreementRow& r : c.agreement.rows) {
    if (!r.agrees) names += (names.empty() ? "" : ", ") + r.what;
  }
  return names;
}

// One line, the last: what all of it comes to.
std::string verdict(const Comparison& c) {
  const std::string names = disagreement(c);
  if (!names.empty()) return "the forms DISAGREE in " + names;
  if (c.verdict() == Verdict::undecided) return "UNDECIDED: nothing finite is left to compare";
  for (const FormReport* form : {&c.staged, &c.fused}) {
    if (form->check && form->check->verdict == Verdict::fail)
      return "the gradient of the " + form->name + " form is WRONG by " + form->check->reason;
  }
  return c.holds() ? "the forms agree" : "the evidence is AGAINST the closed form";
}

}  // namespace

std::string to_text(const Comparison& comparison, TextOptions options) {
  std::string text;
  const TextOut out(text);
  write_inputs(out, comparison);
  write_agreement(out, comparison, options);
  write_gradient_checks(out, comparison, options);
  write_pathways(out, comparison, options);
  write_memory(out, comparison);
  write_times(out, comparison);
  write_sweep(out, comparison);
  if (!comparison.pathways.findings.empty()) fmt::format_to(out, "\n");
  for (const Finding& finding : comparison.pathways.findings) {
    fmt::format_to(out, "  {} {}\n", coloured("found:", Tone::bad, 6, options), finding.text);
  }
  fmt::format_to(out, "\n{}: {}\n", comparison.name, verdict(comparison));
  return text;
}

std::string to_text(const std::string& name, const GradientCheck& check, TextOptions options) {
  std::string text;
  const TextOut out(text);
  fmt::format_to(out, "  {:<16}{:<12}{:>9}  against differences, in {}\n", "gradient check", "by", "",
                 check.evaluated_in);
  write_check(out, name.substr(name.rfind(' ') + 1), check, options);
  for (const InputCheck& c : check.inputs) write_taylor(out, c);
  fmt::format_to(out, "\n{}: {}{}\n", name, to_string(check.verdict),
                 check.reason.empty() ? "" : ", " + check.reason);
  return text;
}

}  // namespace wengert
