// SPDX-License-Identifier: MIT
// Several nodes of a graph drawn as one card. Nothing is lost in the sums: ops, bytes, saved tensors and
// times of the card are those of its nodes.
#pragma once

#include <autodiff/graph.h>

#include <cstddef>
#include <string>
#include <vector>

namespace wengert {

/// What becomes one card. No path may lead out of it and back in; nodes that follow one another on the tape
/// are safe.
struct CardGroup {
  std::string title;
  int scope = 0;                       ///< where the card stands
  std::vector<std::size_t> nodes;      ///< positions in Graph::nodes, ascending
  std::vector<std::string> rows = {};  ///< below the title
};

/// The graph with a card for every group that has two ops or more. A card stands where the last of its nodes
/// stood and bears its number, shape and bytes. A leaf or constant that only one card reads goes into it when
/// `with_sources`, but for the first leaf.
Graph contract(const Graph& graph, std::vector<CardGroup> groups, bool with_sources);

/// The graph with one card for all its leaves and constants but the first leaf.
Graph gather_sources(const Graph& graph);

}  // namespace wengert
