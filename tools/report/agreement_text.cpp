// SPDX-License-Identifier: MIT
#include <fmt/color.h>
#include <fmt/format.h>
#include <tools/report/report_sections.h>

#include <cmath>

namespace wengert {
namespace {

// Which form is nearer to the truth, and by what factor.
std::string closer(const Accuracy& a) {
  if (a.closer == Closer::alike) return "alike";
  const std::string form = a.closer == Closer::fused ? "fused" : "staged";
  return std::isinf(a.factor) ? form : fmt::format("{} {:.1f}×", form, a.factor);
}

}  // namespace

std::string coloured(std::string_view text, Tone tone, int width, const TextOptions& options) {
  const std::string padded = fmt::format("{:>{}}", text, width);
  if (!options.colour) return padded;
  const auto colour = tone == Tone::good  ? fmt::terminal_color::green
                      : tone == Tone::bad ? fmt::terminal_color::red
                                          : fmt::terminal_color::yellow;
  return fmt::format(fmt::fg(colour), "{}", padded);
}

void write_agreement(TextOut out, const Comparison& c, const TextOptions& options) {
  fmt::format_to(out, "  {:<10}{:>12}{:>14}{:>14}{:>12}{:>13}{:>12}{:>15}\n", "agreement", "difference",
                 "of allowance", "staged error", "ulps", "fused error", "ulps", "closer");
  for (const AgreementRow& r : c.agreement.rows) {
    const Accuracy& a = r.accuracy;
    fmt::format_to(out, "  {:<10}{:>12.1e}{:>14.3f}{:>14.1e}{:>12.3g}{:>13.1e}{:>12.3g}{:>15}{}\n", r.what,
                   r.difference, r.of_allowance, a.staged_error, a.staged_ulps, a.fused_error, a.fused_ulps,
                   closer(a),
                   coloured(r.agrees ? "agree" : "DISAGREE", r.agrees ? Tone::good : Tone::bad, 11, options));
    if (r.non_finite > 0)
      fmt::format_to(out, "  {:<10}{} elements are finite in neither form\n", "", r.non_finite);
  }
  fmt::format_to(
      out,
      "  (error: the largest, against the staged form in the next wider type, relative to the size "
      "of the terms; closer: by the\n"
      "   root mean square of it; allowance: 64 roundings of those terms times the measured "
      "condition, or twice the staged error)\n\n");
}

}  // namespace wengert
