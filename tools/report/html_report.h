// SPDX-License-Identifier: MIT
// All that a comparison found, as one page: the verdict, the tables, the pictures. One file that needs no
// network, reads on a phone and in print, and is complete without scripts.
#pragma once

#include <autodiff/compare/compare.h>

#include <string>
#include <vector>

namespace wengert {

struct Plot {
  std::string title;
  std::string svg;
};

struct ReportOptions {
  std::vector<Plot> plots = {};  ///< of time and memory against size
  std::string plots_note = {};   ///< where they come from, or why there are none
};

/// The page. Its verdict is the last line of to_text(), in the same words. Graphs beyond what can be read are
/// folded first; without Graphviz their place holds the DOT text.
std::string to_html(const Comparison& comparison, const ReportOptions& options = {});

}  // namespace wengert
