// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/cli/report_option.h>
#include <tools/file_bytes.h>
#include <tools/report/report_plots.h>

#include <CLI/CLI.hpp>
#include <iostream>

namespace wengert {

void add_report_options(CLI::App& command, ReportChoice& choice) {
  auto* report = command.add_option(
      "--report", choice.file, "Write all of it as one HTML page too, with both graphs to look around in");
  command.add_option("--bench", choice.bench, "A Google Benchmark JSON file, to be plotted in the report")
      ->needs(report);
}

void write_report(const Comparison& comparison, const ReportChoice& choice) {
  if (choice.file.empty()) return;
  const std::string bench = choice.bench.empty() ? "" : file_bytes(choice.bench);
  write_file_bytes(choice.file, to_html(comparison, report_plots(comparison, bench)));
  std::cerr << fmt::format("{}: report written\n", choice.file);
}

}  // namespace wengert
