// SPDX-License-Identifier: MIT
#include <tools/report/report_plots.h>

#include <algorithm>

namespace wengert {
namespace {

PlotPoint at(double x, double y) { return {x, y, y, y}; }

// What a step has to move grows with its inputs; a copy moves it at the speed that was measured.
double floor_seconds(const Comparison& c, const SweepRow& row, double input_bytes) {
  return c.traffic.step / input_bytes * static_cast<double>(row.bytes) / c.copy_bytes_per_second;
}

std::string joined(std::vector<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

}  // namespace

std::vector<PlotPanel> sweep_panels(const Comparison& c) {
  if (c.sweep.empty()) return {};
  PlotPanel time{.title = c.name + ": forward and backward",
                 .x_label = "bytes of the inputs",
                 .y_label = "seconds",
                 .series = {{.name = "staged", .points = {}}, {.name = "fused", .points = {}}}};
  PlotSeries floor{.name = "floor: a copy of what must move", .points = {}, .floor = true};
  const double input_bytes =
      static_cast<double>(std::ranges::max(c.sweep, {}, [](const SweepRow& row) { return row.bytes; }).bytes);
  for (const SweepRow& row : c.sweep) {
    if (!row.agrees) continue;
    const double x = static_cast<double>(row.bytes);
    time.series[0].points.push_back(at(x, row.staged_ns * 1e-9));
    time.series[1].points.push_back(at(x, row.fused_ns * 1e-9));
    if (c.copy_bytes_per_second > 0) floor.points.push_back(at(x, floor_seconds(c, row, input_bytes)));
  }
  if (!floor.points.empty()) time.series.push_back(std::move(floor));
  PlotPanel memory{.title = c.name + ": peak of a step beyond the inputs",
                   .x_label = "bytes of the inputs",
                   .y_label = "bytes",
                   .series = {{.name = "staged", .points = {}}, {.name = "fused", .points = {}}}};
  for (const SweepRow& row : c.sweep) {
    if (row.staged_peak == 0 || row.fused_peak == 0) continue;
    memory.series[0].points.push_back(
        at(static_cast<double>(row.bytes), static_cast<double>(row.staged_peak)));
    memory.series[1].points.push_back(
        at(static_cast<double>(row.bytes), static_cast<double>(row.fused_peak)));
  }
  std::vector<PlotPanel> panels{std::move(time)};
  if (!memory.series[0].points.empty()) panels.push_back(std::move(memory));
  return panels;
}

ReportOptions report_plots(const Comparison& c, const std::vector<PlotPanel>& bench) {
  ReportOptions options;
  std::vector<PlotPanel> panels = sweep_panels(c);
  std::vector<std::string> sources;
  if (!panels.empty()) sources.push_back("Medians of a step, from --sweep.");
  if (!bench.empty()) {
    panels.insert(panels.end(), bench.begin(), bench.end());
    sources.push_back("By Google Benchmark: medians, or means with their range.");
  }
  if (panels.empty()) return options;
  options.plots_note = joined(sources);
  try {
    for (const PlotPanel& panel : panels)
      options.plots.push_back({panel.title + ", " + panel.y_label, plot_svg({panel})});
  } catch (const PlotError& error) {
    options.plots.clear();
    options.plots_note = std::string("No plots here. ") + error.what();
  }
  return options;
}

}  // namespace wengert
