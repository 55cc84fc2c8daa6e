// SPDX-License-Identifier: MIT
// What `compare` measures, prints and writes: the options of the wengert command and of a layer's own command
// line.
#pragma once

#include <autodiff/compare/compare.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace wengert {

struct CompareChoice {
  bool json = false;
  bool sweep = false;
  double seconds = 1.0;
  std::string report;  ///< .html, or a picture; empty: no report
  std::string bench;   ///< a Google Benchmark JSON file to plot in it
};

/// Adds --json, --seconds, --sweep, --report and --bench.
void add_compare_options(CLI::App& command, CompareChoice& choice);

/// The sizes of a sweep: `rows` of the largest, and quarters of it down to 4 (or `rows` alone).
std::vector<Index> sweep_rows(Index rows);

/// Compares, sweeps over the layers that `with_rows` makes when asked to, prints, writes the report. Tells
/// whether the evidence holds. Throws what comparing, reading, plotting and writing throw.
template <class T>
bool compare_and_print(const Subject<T>& subject, const std::function<Subject<T>(Index rows)>& with_rows,
                       std::uint64_t seed, const CompareChoice& choice);

}  // namespace wengert
