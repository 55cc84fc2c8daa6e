// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/quantities.h>
#include <tools/report/report_sections.h>

#include <optional>

namespace wengert {
namespace {

// fmt counts code points, and so do terminals for the characters used here.
void row(TextOut out, std::string_view what, std::string_view staged, std::string_view fused, double ratio) {
  const std::string text = ratio > 0 ? fmt::format("{:.2f}×", ratio) : "";
  fmt::format_to(out, "  {:<20}{:>34}{:>34}{:>10}\n", what, staged, fused, text);
}

double ratio(double staged, double fused) { return fused > 0 ? staged / fused : 0; }

double ratio(std::size_t staged, std::size_t fused) {
  return ratio(static_cast<double>(staged), static_cast<double>(fused));
}

std::string times(const Quartiles& q) {
  const auto text = [](double ns) { return time_text(static_cast<std::int64_t>(ns)); };
  return fmt::format("{} ({} … {})", text(q.median), text(q.lower), text(q.upper));
}

void write_entries(TextOut out, const FormReport& form) {
  for (const LedgerEntry& e : form.memory.entries) {
    const std::string_view owner = e.held_by_caller ? "held by the caller anyway"
                                   : e.shared       ? "shared, counted above"
                                                    : "kept by the node";
    fmt::format_to(out, "  {:<8}{:<27} {:<16}{:<20}{:>12}  {}\n", form.name,
                   fmt::format("%{} {}", e.node, e.op), e.name, to_string(e.shape), bytes_text(e.bytes),
                   owner);
  }
}

std::string peak(const Ledger& ledger) {
  const std::string text = bytes_text(ledger.peak_bytes);
  return ledger.peak_bytes == ledger.predicted_peak_bytes
             ? text + " (as predicted)"
             : fmt::format("{} (predicted {})", text, bytes_text(ledger.predicted_peak_bytes));
}

}  // namespace

void write_memory(TextOut out, const Comparison& c) {
  const Ledger& s = c.staged.memory;
  const Ledger& f = c.fused.memory;
  if (!s.entries.empty() || !f.entries.empty()) {
    fmt::format_to(out, "  {:<8}{:<27} {:<16}{:<20}{:>12}\n", "ledger", "node", "saved", "shape", "bytes");
    write_entries(out, c.staged);
    write_entries(out, c.fused);
    fmt::format_to(out, "\n");
  }
  fmt::format_to(out, "  {:<20}{:>34}{:>34}{:>10}\n", "cost", "staged", "fused", "ratio");
  row(out, "op nodes", std::to_string(s.op_nodes), std::to_string(f.op_nodes),
      ratio(static_cast<double>(s.op_nodes), static_cast<double>(f.op_nodes)));
  row(out, "saved beyond inputs", bytes_text(s.saved_bytes), bytes_text(f.saved_bytes),
      ratio(s.saved_bytes, f.saved_bytes));
  row(out, "peak beyond inputs", peak(s), peak(f), ratio(s.peak_bytes, f.peak_bytes));
}

void write_times(TextOut out, const Comparison& c) {
  if (!c.staged.timing || !c.fused.timing) {
    fmt::format_to(out, "  times are not shown: the forms disagree\n");
    return;
  }
  const Timing& a = *c.staged.timing;
  const Timing& b = *c.fused.timing;
  row(out, "forward", times(a.forward), times(b.forward), ratio(a.forward.median, b.forward.median));
  row(out, "backward", times(a.backward), times(b.backward), ratio(a.backward.median, b.backward.median));
  row(out, "both", times(a.step), times(b.step), ratio(a.step.median, b.step.median));
  const auto rate = [&](const Timing& t) {
    const double bytes_per_ns = t.step.median > 0 ? c.traffic.step / t.step.median : 0;
    const double of_copy = c.copy_bytes_per_second > 0 ? 1e9 * bytes_per_ns / c.copy_bytes_per_second : 0;
    return fmt::format("{:.2f} GB/s, {:.2f} of a copy", bytes_per_ns, of_copy);
  };
  row(out, "rate", rate(a), rate(b), 0);
  fmt::format_to(
      out,
      "  (times: median (quartiles) of {} interleaved rounds; peak: with y and the gradients; rate: "
      "{} that a step moves at least,\n   against a measured copy of as many at {:.2f} GB/s)\n",
      a.rounds, bytes_text(static_cast<std::size_t>(c.traffic.step)), c.copy_bytes_per_second / 1e9);
}

void write_sweep(TextOut out, const Comparison& c) {
  if (c.sweep.empty()) return;
  fmt::format_to(out, "\n  {:<24}{:>12}{:>14}{:>14}{:>10}\n", "sweep", "inputs", "staged", "fused", "ratio");
  for (const SweepRow& r : c.sweep) {
    const auto text = [&](double ns) {
      return r.agrees ? time_text(static_cast<std::int64_t>(ns)) : std::string("disagree");
    };
    fmt::format_to(out, "  {:<24}{:>12}{:>14}{:>14}{:>10}\n", to_string(r.inputs.front().shape),
                   bytes_text(r.bytes), text(r.staged_ns), text(r.fused_ns),
                   r.agrees && r.fused_ns > 0 ? fmt::format("{:.2f}×", r.staged_ns / r.fused_ns) : "");
  }
  const std::optional<std::size_t> from = pays_from(c.sweep);
  if (from) {
    fmt::format_to(out, "  The closed form is faster from {} on.\n",
                   to_string(c.sweep[*from].inputs.front().shape));
  } else {
    fmt::format_to(out, "  The closed form does not pay at the largest of these sizes.\n");
  }
}

}  // namespace wengert
