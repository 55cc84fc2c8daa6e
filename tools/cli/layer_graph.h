// SPDX-License-Identifier: MIT
// A layer of the command line as a graph, with all that one view of it shows.
#pragma once

#include <autodiff/compare/compare.h>
#include <autodiff/graph.h>
#include <tools/cli/layer_choice.h>
#include <tools/draw/dot.h>

#include <string>
#include <vector>

namespace wengert {

struct GraphRequest {
  LayerChoice choice;
  bool fused = false;
  View view = View::cards;
  bool backward = false;  ///< the recorded sweep too; that of a fused node is its closed form: a card
  bool times = false;
  /// "x=1,3,1,3": the numbers of an input, or of the cotangent "dy"; a single one is repeated.
  std::vector<std::string> values;
};

/// Runs the layer once, in the dtype asked for.
/// Throws ValueError for `values` that name no input or do not fit it, and what the layer throws.
Graph layer_graph(const GraphRequest& request);

/// Both forms compared, with times measured for about that long.
Comparison layer_comparison(const LayerChoice& choice, double seconds);

}  // namespace wengert
