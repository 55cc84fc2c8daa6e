// SPDX-License-Identifier: MIT
// A graph too large to read, made smaller: Graph in, Graph out, with the same totals.
#pragma once

#include <autodiff/graph.h>

#include <cstddef>
#include <string>

namespace wengert {

struct Folded {
  Graph graph;
  std::string how = {};  ///< "1,348 nodes → 212 drawn (scopes from depth 2)"; empty when nothing was folded
};

/// How much there is to lay out: nodes, and the ranks that edges run across. Graphviz places something for
/// each of them, in a time that grows with more than its square.
std::size_t layout_cost(const Graph& graph);

/// About two seconds; twice that is a minute.
inline constexpr std::size_t most_layout_cost = 2000;

/// At most `most_nodes` nodes (16 or more) and most_layout_cost, by what loses least: scopes become cards,
/// the deepest first; then blocks that repeat become one card; then chains; at last, stretches of the tape.
/// Leaves that one card alone reads go into it. Ops, bytes, saved bytes and times keep their sums. Time grows
/// with the size of the graph.
Folded fold(const Graph& graph, std::size_t most_nodes);

}  // namespace wengert
