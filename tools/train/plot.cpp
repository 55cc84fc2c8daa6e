// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/file_bytes.h>
#include <tools/plot/plot.h>
#include <tools/train/plot.h>

#include <array>
#include <iterator>

namespace wengert::train {
namespace {

// Single quotes are doubled inside a gnuplot string.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

// Colours that the colour-blind tell apart, and dashes for print.
struct Style {
  const char* colour;
  int dash;
};
constexpr std::array<Style, 2> styles{{{"#0072b2", 1}, {"#d55e00", 2}}};

std::string lines_of(const TrainReport& report, const char* block, const char* columns) {
  std::string text;
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const Style& style = styles[i % styles.size()];
    text += fmt::format("{}${}_{} using {} with lines lw 2 lc rgb {} dt {} title {}", i == 0 ? "plot " : ", ",
                        block, i, columns, quoted(style.colour), style.dash,
                        quoted(to_string(report.runs[i].form)));
  }
  return text + "\n";
}

}  // namespace

std::string gnuplot_script(const TrainReport& report) {
  std::string text;
  const auto out = std::back_inserter(text);
  text += "set terminal svg size 900,600 dynamic background rgb 'white'\nset xrange [*<1:2<*]\n";
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    fmt::format_to(out, "$loss_{} << EOD\n", i);
    for (std::size_t step = 0; step < report.runs[i].losses.size(); ++step)
      fmt::format_to(out, "{} {:.17g}\n", step + 1, report.runs[i].losses[step]);
    fmt::format_to(out, "EOD\n$accuracy_{} << EOD\n", i);
    for (std::size_t epoch = 0; epoch < report.runs[i].epochs.size(); ++epoch)
      fmt::format_to(out, "{} {:.17g}\n", epoch + 1, 100 * report.runs[i].epochs[epoch].accuracy);
    text += "EOD\n";
  }
  fmt::format_to(out, "set multiplot layout 2,1 title {} noenhanced\nset grid\n",
                 quoted("digits, " + report.norm + ", " + report.dtype + ", " + report.optimizer));
  text += "set xlabel 'step'\nset ylabel 'loss'\nset logscale y\n" + lines_of(report, "loss", "1:2");
  text +=
      "set xlabel 'epoch'\nset ylabel 'accuracy on held-out digits, %'\nunset logscale y\nset key bottom\n" +
      lines_of(report, "accuracy", "1:2");
  text += "unset multiplot\n";
  return text;
}

void plot(const TrainReport& report, const std::filesystem::path& svg) {
  write_file_bytes(svg, run_gnuplot(gnuplot_script(report)));
}

}  // namespace wengert::train
