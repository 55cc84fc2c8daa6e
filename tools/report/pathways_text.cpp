// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/report/report_sections.h>

#include <algorithm>

namespace wengert {
namespace {

void write_split(TextOut out, const PathwaySplit& split, const TextOptions& options) {
  const bool has_terms =
      std::ranges::any_of(split.classes, [](const PathwayRow& r) { return r.term.has_value(); });
  fmt::format_to(out, "  {:<24}{:>12}{:>9}  {:<}\n", "pathways of " + split.of, "norm", "share",
                 has_terms ? "closed-form term      cosine with the others" : "cosine with the others");
  const std::size_t n = split.classes.size();
  for (std::size_t a = 0; a < n; ++a) {
    const PathwayRow& row = split.classes[a];
    fmt::format_to(out, "  {:<24}{:>12.3e}{:>8.1f}%  ", row.name, row.norm, 100 * row.share);
    if (has_terms) {
      const std::string text = row.term ? fmt::format("{:.6g} of its class", row.term->scale) : "";
      const bool right = !row.term || row.term->of_allowance <= 1;
      fmt::format_to(out, "{}  ",
                     coloured(fmt::format("{:<20}", text), right ? Tone::good : Tone::bad, 20, options));
    }
    if (row.vanishes) {
      fmt::format_to(out, "zero to rounding of the terms\n");
      continue;
    }
    for (std::size_t b = 0; b < n; ++b) {
      if (b != a && !split.classes[b].vanishes)
        fmt::format_to(out, "{} {:+.3f}  ", split.classes[b].name, split.cosine[a * n + b]);
    }
    fmt::format_to(out, "\n");
  }
  fmt::format_to(out, "  (the classes add up to {} within {:.1e} of the terms)\n\n", split.of,
                 split.sum_error);
}

void write_identities(TextOut out, std::string_view form, const std::vector<IdentityRow>& rows,
                      const TextOptions& options) {
  for (const IdentityRow& row : rows) {
    fmt::format_to(
        out, "  {:<8}{:<58}{:>10.1e} of the terms, {:.1e} allowed{}\n", form, row.text, row.error,
        row.allowance,
        coloured(row.holds() ? "holds" : "BROKEN", row.holds() ? Tone::good : Tone::bad, 8, options));
  }
}

}  // namespace

void write_pathways(TextOut out, const Comparison& c, const TextOptions& options) {
  for (const PathwaySplit& split : c.pathways.splits) write_split(out, split, options);
  write_identities(out, "staged", c.pathways.staged_identities, options);
  write_identities(out, "fused", c.pathways.fused_identities, options);
  if (!c.pathways.fused_identities.empty()) fmt::format_to(out, "\n");
}

}  // namespace wengert
