// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/report/report_sections.h>

#include <algorithm>
#include <cmath>

namespace wengert {
namespace {

Tone tone(Verdict v) { return v == Verdict::pass ? Tone::good : v == Verdict::fail ? Tone::bad : Tone::open; }

void write_row(TextOut out, std::string_view form, const std::string& input, const InputCheck& check,
               const TextOptions& options) {
  fmt::format_to(out, "  {:<16}{:<12}{}  {}\n", form, input,
                 coloured(to_string(check.verdict), tone(check.verdict), 9, options), check.reason);
}

}  // namespace

void write_check(TextOut out, std::string_view title, const GradientCheck& check,
                 const TextOptions& options) {
  for (const InputCheck& c : check.inputs) write_row(out, title, c.input, c, options);
  for (const InputCheck& c : check.second_order) write_row(out, title, "∂² " + c.input, c, options);
}

void write_taylor(TextOut out, const InputCheck& check) {
  if (check.taylor.empty()) return;
  fmt::format_to(out, "\n  Taylor test along {}: remainder of <dy, f(x + h u)> after its linear part\n",
                 check.input);
  fmt::format_to(out, "  {:>12}{:>14}{:>10}\n", "h", "remainder", "order");
  for (const TaylorRow& row : check.taylor) {
    fmt::format_to(out, "  {:>12.1e}{:>14.2e}{:>10}\n", row.h, row.remainder,
                   std::isnan(row.order) ? "" : fmt::format("{:.2f}", row.order));
  }
  fmt::format_to(out, "  (order 2: the gradient is right; 1: it is wrong; empty: rounding decides)\n");
}

void write_gradient_checks(TextOut out, const Comparison& c, const TextOptions& options) {
  if (!c.staged.check || !c.fused.check) {
    fmt::format_to(out, "  gradient check  left out (above 524288 elements unless asked for by itself)\n\n");
    return;
  }
  fmt::format_to(out, "  {:<16}{:<12}{:>9}  against differences of the form itself, in {}\n",
                 "gradient check", "by", "", c.staged.check->evaluated_in);
  write_check(out, "staged", *c.staged.check, options);
  write_check(out, "fused", *c.fused.check, options);
  const auto failed = std::ranges::find(c.fused.check->inputs, Verdict::fail, &InputCheck::verdict);
  if (failed != c.fused.check->inputs.end()) write_taylor(out, *failed);
  fmt::format_to(out, "\n");
}

}  // namespace wengert
