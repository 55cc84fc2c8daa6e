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

struct DotOptions {
  std::string title = {};  ///< the outermost scope when empty
  Theme theme = Theme::light;
  Direction direction = Direction::top_to_bottom;
  bool ascii = false;       ///< mu_B and xhat instead of Unicode
  std::string output = {};  ///< name of the output; its label, else "y", when empty
};

/// Above this, edge labels go (laying them out costs six times as much as the rest) and shapes move into the
/// cards.
inline constexpr std::size_t most_nodes_with_edge_labels = 300;
/// Above this nothing is drawn: Graphviz takes minutes, and nobody can read the result.
inline constexpr std::size_t most_nodes_drawn = 1000;

/// One card an op, one box a scope; pathways by colour and dash, bytes by width, what is kept for backward in
/// amber. Throws ValueError for more than most_nodes_drawn nodes, or a graph that does not hold together.
std::string to_dot(const Graph& graph, const DotOptions& options = {});

}  // namespace wengert
