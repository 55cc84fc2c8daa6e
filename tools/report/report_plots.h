// SPDX-License-Identifier: MIT
#pragma once

#include <tools/plot/plot.h>
#include <tools/report/html_report.h>

#include <vector>

namespace wengert {

/// The sweep of a comparison: time, and memory where it was measured, against the bytes of the inputs, both
/// forms and the floor. None without a sweep.
std::vector<PlotPanel> sweep_panels(const Comparison& comparison);

/// The plots of a report: of the sweep, and of what bench_json.h read. Where gnuplot is missing the note says
/// so.
ReportOptions report_plots(const Comparison& comparison, const std::vector<PlotPanel>& bench = {});

}  // namespace wengert
