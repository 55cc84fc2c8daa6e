// SPDX-License-Identifier: MIT
#include <fmt/color.h>
#include <fmt/format.h>
#include <tools/quantities.h>
#include <tools/report/comparison_text.h>

#include <cmath>
#include <iterator>

namespace wengert {
namespace {

using Out = std::back_insert_iterator<std::string>;

// fmt counts code points, and so do terminals for the characters used here.
void row(Out out, std::string_view what, std::string_view staged, std::string_view fused, double ratio) {
  const std::string text = ratio > 0 ? fmt::format("{:.2f}×", ratio) : "";
  fmt::format_to(out, "  {:<20}{:>34}{:>34}{:>10}\n", what, staged, fused, text);
}

std::string times(const Quartiles& q) {
  const auto text = [](double ns) { return time_text(static_cast<std::int64_t>(ns)); };
  return fmt::format("{} ({} … {})", text(q.median), text(q.lower), text(q.upper));
}

double ratio(double staged, double fused) { return fused > 0 ? staged / fused : 0; }

void write_inputs(Out out, const Comparison& c) {
  fmt::format_to(out, "{} · {} ·", c.name, c.dtype);
  for (const InputInfo& input : c.inputs) fmt::format_to(out, " {} {}", input.name, to_string(input.shape));
  fmt::format_to(out, " · seed {}\n\n", c.seed);
}

// Which form is nearer to the truth, and by what factor; below a factor of 1.5 chance decides.
std::string closer(const AgreementRow& r) {
  const Accuracy& a = r.accuracy;
  if (a.closer != Closer::alike) {
    const std::string form = a.closer == Closer::fused ? "fused" : "staged";
    return std::isinf(a.factor) ? form : fmt::format("{} {:.1f}×", form, a.factor);
  }
  return "alike";
}

void write_agreement(Out out, const Comparison& c, TextOptions options) {
  fmt::format_to(out, "  {:<12}{:>14}{:>14}{:>14}{:>14}{:>16}{:>12}\n", "agreement", "difference",
                 "of allowance", "staged error", "fused error", "closer", "");
  for (const AgreementRow& r : c.agreement.rows) {
    const auto verdict = r.agrees ? "agree" : "DISAGREE";
    const auto shown =
        options.colour
            ? fmt::format(fmt::fg(r.agrees ? fmt::terminal_color::green : fmt::terminal_color::red), "{:>12}",
                          verdict)
            : fmt::format("{:>12}", verdict);
    fmt::format_to(out, "  {:<12}{:>14.1e}{:>14.3f}{:>14.1e}{:>14.1e}{:>16}{}\n", r.what, r.difference,
                   r.of_allowance, r.accuracy.staged_error, r.accuracy.fused_error, closer(r), shown);
    if (r.non_finite > 0) {
      fmt::format_to(out, "  {:<12}{} elements are finite in neither form\n", "", r.non_finite);
    }
  }
  fmt::format_to(
      out,
      "  (error: against the staged form in the next wider type, relative to the size of the terms;\n"
      "   allowance: 64 roundings of those terms times the measured condition, or twice the staged "
      "error)\n\n");
}

void write_costs(Out out, const Comparison& c) {
  fmt::format_to(out, "  {:<20}{:>34}{:>34}{:>10}\n", "cost", "staged", "fused", "ratio");
  const Ledger& s = c.staged.memory;
  const Ledger& f = c.fused.memory;
  row(out, "op nodes", std::to_string(s.op_nodes), std::to_string(f.op_nodes), ratio(s.op_nodes, f.op_nodes));
  row(out, "saved beyond inputs", bytes_text(s.saved_bytes), bytes_text(f.saved_bytes),
      ratio(static_cast<double>(s.saved_bytes), static_cast<double>(f.saved_bytes)));
  row(out, "peak beyond inputs", bytes_text(s.peak_bytes), bytes_text(f.peak_bytes),
      ratio(static_cast<double>(s.peak_bytes), static_cast<double>(f.peak_bytes)));
  if (!c.staged.timing || !c.fused.timing) {
    fmt::format_to(out, "  times are not shown: the forms disagree\n");
    return;
  }
  const Timing& a = *c.staged.timing;
  const Timing& b = *c.fused.timing;
  row(out, "forward", times(a.forward), times(b.forward), ratio(a.forward.median, b.forward.median));
  row(out, "backward", times(a.backward), times(b.backward), ratio(a.backward.median, b.backward.median));
  row(out, "both", times(a.step), times(b.step), ratio(a.step.median, b.step.median));
  fmt::format_to(out,
                 "  (times: median (quartiles) of {} interleaved rounds; peak: with y and the gradients)\n",
                 a.rounds);
}

}  // namespace

std::string to_text(const Comparison& comparison, TextOptions options) {
  std::string text;
  const Out out(text);
  write_inputs(out, comparison);
  write_agreement(out, comparison, options);
  write_costs(out, comparison);
  std::string verdict = "the forms agree";
  for (const AgreementRow& r : comparison.agreement.rows) {
    if (!r.agrees)
      verdict = verdict == "the forms agree" ? "the forms DISAGREE in " + r.what : verdict + ", " + r.what;
  }
  fmt::format_to(out, "\n{}: {}\n", comparison.name, verdict);
  return text;
}

}  // namespace wengert
