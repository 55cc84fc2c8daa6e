// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/command/compare_options.h>
#include <tools/command/progress.h>
#include <tools/draw/draw.h>
#include <tools/file_bytes.h>
#include <tools/plot/bench_json.h>
#include <tools/report/comparison_json.h>
#include <tools/report/comparison_text.h>
#include <tools/report/report_plots.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

namespace wengert {
namespace {

void write_report(const Comparison& comparison, const std::string& file,
                  const std::vector<PlotPanel>& bench) {
  if (file.empty()) return;
  if (bench.empty()) {
    draw(comparison, file);
  } else {
    write_file_bytes(file, to_html(comparison, report_plots(comparison, bench)));
  }
  std::cerr << fmt::format("{}: report written\n", file);
}

}  // namespace

void add_compare_options(CLI::App& command, CompareChoice& choice) {
  command.add_flag("--json", choice.json, "Print JSON instead of the table");
  command.add_option("--seconds", choice.seconds, "How long to measure times, about")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--sweep", choice.sweep, "Measure smaller sizes too: where the closed form starts to pay");
  auto* report = command.add_option("--report", choice.report,
                                    "FILE.html: all of it as one page too, with both graphs to look around "
                                    "in; .svg, .png, .pdf: both forms and their costs");
  command.add_option("--bench", choice.bench, "A Google Benchmark JSON file, to be plotted in the report")
      ->needs(report);
}

std::vector<Index> sweep_rows(Index rows) {
  std::vector<Index> sizes{rows};
  for (rows /= 4; rows >= 4; rows /= 4) sizes.insert(sizes.begin(), rows);
  return sizes;
}

template <class T>
bool compare_and_print(const Subject<T>& subject, const std::function<Subject<T>(Index)>& with_rows,
                       std::uint64_t seed, const CompareChoice& choice) {
  if (!choice.report.empty()) {
    expect_drawable(choice.report);
    expect_writable(choice.report, choice.bench.empty() ? "" : ".html");
  }
  const auto bench = choice.bench.empty() ? std::vector<PlotPanel>{} : read_bench(choice.bench);
  CompareOptions options;
  options.seed = seed;
  options.timing.seconds = choice.seconds;
  options.progress = show_progress;
  Comparison comparison = compare(subject, options);
  const Shape& largest = subject.inputs.front().value.shape();
  if (choice.sweep && largest.rank() > 0) {
    for (const Index rows : sweep_rows(largest[0])) {
      options.progress(fmt::format("sweeping over sizes: {} of {}", rows, largest[0]));
      comparison.sweep.push_back(measure_size(with_rows(rows), options));
    }
  }
  show_progress("");
  if (choice.json) {
    std::cout << to_json(comparison) << "\n";
  } else {
    std::cout << to_text(comparison, {.colour = isatty(STDOUT_FILENO) != 0});
  }
  write_report(comparison, choice.report, bench);
  return comparison.holds();
}

template bool compare_and_print<float>(const Subject<float>&, const std::function<Subject<float>(Index)>&,
                                       std::uint64_t, const CompareChoice&);
template bool compare_and_print<double>(const Subject<double>&, const std::function<Subject<double>(Index)>&,
                                        std::uint64_t, const CompareChoice&);

}  // namespace wengert
