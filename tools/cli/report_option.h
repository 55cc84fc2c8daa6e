// SPDX-License-Identifier: MIT
// --report and --bench, for every command that compares.
#pragma once

#include <autodiff/compare/compare.h>

#include <string>

namespace CLI {
class App;
}

namespace wengert {

struct ReportChoice {
  std::string file;   ///< .html; empty: no report
  std::string bench;  ///< a Google Benchmark JSON file to plot in it
};

void add_report_options(CLI::App& command, ReportChoice& choice);

/// Writes the page, when one was asked for. Throws what reading, plotting and writing throw.
void write_report(const Comparison& comparison, const ReportChoice& choice);

}  // namespace wengert
