// SPDX-License-Identifier: MIT
// A layer on its inputs as a graph, with all that one view of it shows.
#pragma once

#include <autodiff/compare/subject.h>
#include <autodiff/graph.h>
#include <tools/draw/dot.h>

#include <cstdint>
#include <string>
#include <vector>

namespace wengert {

struct GraphRequest {
  bool fused = false;
  View view = View::cards;
  bool backward = false;   ///< the recorded sweep too; that of a fused node is its closed form: a card
  bool times = false;      ///< of every node, measured once
  std::uint64_t seed = 1;  ///< of the random cotangent
  /// "x=1,3,1,3": the numbers of an input, or of the cotangent "dy"; a single one is repeated.
  std::vector<std::string> values = {};
};

/// Runs one form once. Throws ValueError for `values` that name no input or do not fit it, and for errors by
/// node of a fused form, which is one node; and what the layer throws.
template <class T>
Graph subject_graph(Subject<T> subject, const GraphRequest& request);

}  // namespace wengert
