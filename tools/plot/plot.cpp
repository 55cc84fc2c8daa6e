// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/draw/dot_text.h>
#include <tools/plot/plot.h>

#include <algorithm>
#include <array>

namespace wengert {
namespace {

constexpr int panel_width = 460, panel_height = 340;

struct LineStyle {
  const char* colour;
  int dash, point;
};

// As in the pictures: staged grey and dashed, fused violet and solid; the others from Okabe and Ito.
LineStyle style_of(const PlotSeries& series, std::size_t& next) {
  if (series.floor) return {"#1f2328", 3, 0};
  if (series.name.ends_with("staged")) return {"#57606a", 2, 5};
  if (series.name.ends_with("fused")) return {"#6e4fb8", 1, 7};
  constexpr std::array others{LineStyle{"#0072b2", 4, 9}, LineStyle{"#d55e00", 5, 11},
                              LineStyle{"#009e73", 1, 13}, LineStyle{"#cc79a7", 2, 3},
                              LineStyle{"#e69f00", 4, 2}};
  return others[next++ % others.size()];
}

// In single quotes gnuplot reads everything as it is, and a quote is doubled.
std::string quoted_text(const std::string& text) {
  std::string out = "'";
  for (const char c : encode_utf8(decode_utf8(text))) {
    if (c == '\'') out += '\'';
    out += c == '\n' ? ' ' : c;
  }
  return out + "'";
}

bool plottable(const PlotPoint& p) { return p.x > 0 && p.y > 0 && p.low > 0 && p.high > 0; }

void write_data(std::string& out, const PlotPanel& panel, std::size_t number) {
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    out += fmt::format("$p{}s{} << EOD\n", number, s);
    for (const PlotPoint& p : panel.series[s].points) {
      if (plottable(p)) out += fmt::format("{} {} {} {}\n", p.x, p.y, p.low, p.high);
    }
    out += "EOD\n";
  }
}

void write_panel(std::string& out, const PlotPanel& panel, std::size_t number) {
  out += fmt::format("set title {} noenhanced\nset xlabel {} noenhanced\nset ylabel {} noenhanced\nplot ",
                     quoted_text(panel.title), quoted_text(panel.x_label), quoted_text(panel.y_label));
  std::size_t next = 0;
  bool first = true;
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    const PlotSeries& series = panel.series[s];
    if (std::ranges::none_of(series.points, plottable)) continue;
    const LineStyle style = style_of(series, next);
    const std::string data = fmt::format("$p{}s{}", number, s);
    const std::string line = fmt::format("lc rgb '{}' dt {} lw 2", style.colour, style.dash);
    out += first ? "" : ", \\\n  ";
    first = false;
    if (series.floor) {
      out +=
          fmt::format("{} using 1:2 with lines {} title {} noenhanced", data, line, quoted_text(series.name));
      continue;
    }
    out += fmt::format("{} using 1:2 with linespoints {} pt {} ps 0.6 title {} noenhanced", data, line,
                       style.point, quoted_text(series.name));
    const bool spread = std::ranges::any_of(series.points, [](const PlotPoint& p) { return p.high > p.low; });
    if (spread)
      out += fmt::format(", \\\n  {} using 1:2:3:4 with yerrorbars lc rgb '{}' ps 0 notitle", data,
                         style.colour);
  }
  out += "\n";
}

bool has_points(const PlotPanel& panel) {
  return std::ranges::any_of(panel.series,
                             [](const PlotSeries& s) { return std::ranges::any_of(s.points, plottable); });
}

}  // namespace

std::string gnuplot_script(const std::vector<PlotPanel>& panels) {
  std::vector<PlotPanel> shown;
  std::ranges::copy_if(panels, std::back_inserter(shown), has_points);
  if (shown.empty()) throw ValueError("plot: no measurement came, expected at least one with a size");
  const std::size_t columns = std::min<std::size_t>(shown.size(), 2),
                    rows = (shown.size() + columns - 1) / columns;
  std::string out = fmt::format(
      "set terminal svg size {},{} dynamic enhanced font 'DejaVu Sans,Verdana,sans-serif,11' background "
      "'#ffffff'\n"
      "set encoding utf8\nset logscale xy\nset format y '%.0s%c'\nset format x '%.0s%c'\n"
      "set grid lc rgb '#d0d7de'\nset border lc rgb '#57606a'\nset key bmargin center horizontal reverse "
      "Left samplen 2\n"
      "set multiplot layout {},{}\n",
      panel_width * columns, panel_height * rows, rows, columns);
  for (std::size_t i = 0; i < shown.size(); ++i) write_data(out, shown[i], i);
  for (std::size_t i = 0; i < shown.size(); ++i) write_panel(out, shown[i], i);
  return out + "unset multiplot\n";
}

std::string plot_svg(const std::vector<PlotPanel>& panels) { return run_gnuplot(gnuplot_script(panels)); }

}  // namespace wengert
