// SPDX-License-Identifier: MIT
// A graph as DOT, the language of Graphviz. Pure text: Graphviz itself is needed only to render it
// (render.h).
//
// The same graph and options give the same text, on every machine. Nodes are called n7 after their place on
// the tape, so that two texts can be compared line by line.
#pragma once

#include <autodiff/graph.h>

#include <cstddef>
#include <string>

namespace wengert {

enum class Theme {
  light,
  dark,
  automatic,  ///< light; an SVG follows the reader's setting
};

enum class Direction { top_to_bottom, left_to_right };

enum class View {
  cards,       ///< what was recorded, with shapes, bytes, times, saved tensors
  overlay,     ///< values and cotangents on the same edges: see overlay_graph.h
  heat_time,   ///< cards filled by forward and backward time
  heat_bytes,  ///< by the bytes of their values
  heat_error,  ///< by GraphNode::error
};

struct DotOptions {
  std::string title = {};  ///< the outermost scope when empty
  View view = View::cards;
  Theme theme = Theme::light;
  Direction direction = Direction::top_to_bottom;
  bool ascii = false;       ///< mu_B and xhat instead of Unicode
  std::string output = {};  ///< name of the output; its label, else "y", when empty
  std::string note = {};    ///< a line of its own below the totals
  /// What is larger is folded first by whoever draws files; 0: what has more than most_nodes_drawn is folded
  /// to most_nodes_with_edge_labels.
  std::size_t most_nodes = 0;
};

/// Above this, edge labels go (laying them out costs six times as much as the rest) and shapes move into the
/// cards.
inline constexpr std::size_t most_nodes_with_edge_labels = 300;
/// Above this nothing is drawn: Graphviz takes minutes, and nobody can read the result. fold() makes a graph
/// smaller.
inline constexpr std::size_t most_nodes_drawn = 1000;

/// One card an op, one box a scope; pathways by colour and dash, bytes by width, what is kept for backward in
/// amber. Throws ValueError for more than most_nodes_drawn nodes, or a graph that does not hold together.
std::string to_dot(const Graph& graph, const DotOptions& options = {});

}  // namespace wengert
