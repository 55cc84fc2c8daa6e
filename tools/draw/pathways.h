// SPDX-License-Identifier: MIT
// By which way the inputs of a graph reach its output: every node and every edge gets the name of a mark,
// "direct", or none. For BatchNorm, marked at its mean and its variance, these are the three terms of dx as a
// picture.
#pragma once

#include <autodiff/graph.h>

#include <optional>
#include <string>
#include <vector>

namespace wengert {

struct GraphPathways {
  std::vector<std::string> nodes;               ///< by position in Graph::nodes; empty: none
  std::vector<std::vector<std::string>> edges;  ///< by position of the reader, then by argument; empty: none
  std::vector<std::string> names;               ///< those on some edge, in order of first appearance
};

/// `output`: the node to reach; by default the last op that no sweep recorded. What a sweep recorded is left
/// out.
///
/// Of all paths from a leaf to the output, an edge belongs to
///   the mark m   if each that uses the edge visits a node marked m (of two such marks, to the one first on
///   the tape); "direct"     if one that uses the edge visits no mark, and another of the same leaf goes
///   round the edge; none         otherwise: what every path has to pass tells no pathway from another.
/// A node belongs to the mark that its paths share, else to "direct" if it has a direct edge; a leaf to none.
/// Throws ValueError for an output that is not in the graph, or a graph that does not hold together.
GraphPathways find_pathways(const Graph& graph, std::optional<int> output = {});

}  // namespace wengert
