// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/wait.h>
#include <tools/file_error.h>
#include <tools/train/plot.h>

#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
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

// What a shell says for a command that is not there.
constexpr int not_found = 127;

}  // namespace

std::string gnuplot_script(const TrainReport& report, const std::filesystem::path& svg) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "set terminal svg size 900,600 dynamic background rgb 'white'\nset output {}\n",
                 quoted(svg.string()));
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
  {
    std::FILE* probe = std::fopen(svg.c_str(), "ab");
    if (probe == nullptr) throw FileError(svg.string() + ": cannot be written");
    std::fclose(probe);
  }
  const std::string script = gnuplot_script(report, svg);
  // The script goes in by its input: no file name meets a shell.
  std::FILE* pipe = popen("command -v gnuplot > /dev/null || exit 127; exec gnuplot", "w");
  if (pipe == nullptr) throw FileError(svg.string() + ": gnuplot could not be started");
  const auto previous =
      std::signal(SIGPIPE, SIG_IGN);  // a gnuplot that is not there must not end the program
  std::fwrite(script.data(), 1, script.size(), pipe);
  const int status = pclose(pipe);
  std::signal(SIGPIPE, previous);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  std::error_code ignored;
  if (std::filesystem::file_size(svg, ignored) == 0) std::filesystem::remove(svg, ignored);
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_found)
    throw FileError(svg.string() +
                    ": not drawn, since gnuplot is not installed (Debian: apt-get install gnuplot-nox)");
  throw FileError(svg.string() + ": gnuplot failed to draw it");
}

}  // namespace wengert::train
