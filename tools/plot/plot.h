// SPDX-License-Identifier: MIT
// Plots of measurements against size, drawn by gnuplot, which runs as a process of its own.
#pragma once

#include <autodiff/error.h>

#include <string>
#include <vector>

namespace wengert {

/// gnuplot is missing, or it complained.
class PlotError : public Error {
 public:
  using Error::Error;
};

struct PlotPoint {
  double x = 0, y = 0;
  double low = 0, high = 0;  ///< the spread; equal to y where there is none
};

struct PlotSeries {
  std::string name;
  std::vector<PlotPoint> points;  ///< by x; not above zero: left out, since the axes are logarithmic
  bool floor = false;             ///< dotted: no form, but what none can beat
};

struct PlotPanel {
  std::string title, x_label, y_label;
  std::vector<PlotSeries> series;
};

/// An SVG with the panels in rows of two. Throws PlotError; ValueError when there is nothing to plot.
std::string plot_svg(const std::vector<PlotPanel>& panels);

/// The text that gnuplot gets.
std::string gnuplot_script(const std::vector<PlotPanel>& panels);

/// What gnuplot writes for that text. Throws PlotError with all that it said.
std::string run_gnuplot(const std::string& script);

}  // namespace wengert
