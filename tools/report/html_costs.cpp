// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/quantities.h>
#include <tools/report/html_evidence.h>
#include <tools/report/html_text.h>

#include <algorithm>

namespace wengert {
namespace {

using Row = std::vector<std::string>;

std::string bar(double value, double most, const char* form) {
  const double share = most > 0 ? value / most : 0;
  return fmt::format("<span class=\"bar {}\" style=\"width:{:.2f}rem\"></span>", form, 5 * share);
}

Row cost(const char* what, double staged, double fused, const std::string& staged_text,
         const std::string& fused_text) {
  const double most = std::max(staged, fused);
  return {what, bar(staged, most, "staged") + staged_text, bar(fused, most, "fused") + fused_text,
          fused > 0 ? fmt::format("{:.2f}×", staged / fused) : ""};
}

Row bytes(const char* what, std::size_t staged, std::size_t fused) {
  return cost(what, static_cast<double>(staged), static_cast<double>(fused), bytes_text(staged),
              bytes_text(fused));
}

std::string times(const Quartiles& q) {
  const auto text = [](double ns) { return time_text(static_cast<std::int64_t>(ns)); };
  return fmt::format("{} <span class=\"meta\">({} … {})</span>", text(q.median), text(q.lower),
                     text(q.upper));
}

Row time(const char* what, const Quartiles& staged, const Quartiles& fused) {
  return cost(what, staged.median, fused.median, times(staged), times(fused));
}

// The time that moving the least bytes would take at the speed of a copy.
Row floor_row(const Comparison& c) {
  const auto text = [&](double bytes) {
    return time_text(static_cast<std::int64_t>(1e9 * bytes / c.copy_bytes_per_second));
  };
  return {"floor of both: a copy",
          fmt::format("{} <span class=\"meta\">(forward {}, backward {})</span>", text(c.traffic.step),
                      text(c.traffic.forward), text(c.traffic.backward)),
          "", ""};
}

}  // namespace

std::string costs_html(const Comparison& c) {
  const Ledger &s = c.staged.memory, &f = c.fused.memory;
  std::vector<Row> rows{
      cost("op nodes", s.op_nodes, f.op_nodes, std::to_string(s.op_nodes), std::to_string(f.op_nodes)),
      bytes("saved for backward", s.saved_bytes, f.saved_bytes),
      bytes("peak beyond inputs", s.peak_bytes, f.peak_bytes),
      bytes("the same, predicted", s.predicted_peak_bytes, f.predicted_peak_bytes)};
  std::string caption = "bytes by the allocator, shared blocks once; ";
  if (c.staged.timing && c.fused.timing) {
    const Timing &a = *c.staged.timing, &b = *c.fused.timing;
    rows.push_back(time("forward", a.forward, b.forward));
    rows.push_back(time("backward", a.backward, b.backward));
    rows.push_back(time("both", a.step, b.step));
    if (c.copy_bytes_per_second > 0) rows.push_back(floor_row(c));
    caption += fmt::format("times: median (quartiles) of {} interleaved rounds", a.rounds);
  } else {
    caption += "no times: the forms disagree, and wrong answers are not timed";
  }
  return html_table(caption, {"", "staged", "fused", "ratio"}, rows);
}

std::string ledger_html(const FormReport& form) {
  std::vector<Row> rows;
  for (const LedgerEntry& entry : form.memory.entries) {
    std::string owner = "kept by the node";
    if (entry.held_by_caller) owner = "held by the caller anyway";
    if (entry.shared) owner = "in a block counted above";
    rows.push_back({html_text(entry.name), html_text(to_string(entry.shape)), bytes_text(entry.bytes),
                    html_text(fmt::format("%{} {}", entry.node, entry.op)), owner});
  }
  const std::string caption =
      fmt::format("{}: {} kept for backward, and {} that the caller holds", html_text(form.name),
                  bytes_text(form.memory.saved_bytes), bytes_text(form.memory.held_bytes));
  return html_table(caption, {"tensor", "shape", "bytes", "for", "owner"}, rows);
}

}  // namespace wengert
