// SPDX-License-Identifier: MIT
// The scopes of a graph as boxes: those that hold something, and no box around another that says nothing
// more.
#pragma once

#include <autodiff/graph.h>

#include <cstddef>
#include <string>
#include <vector>

namespace wengert {

struct Stage {
  std::string title;  ///< "variance"; "block/attention" where the outer scope holds nothing else
  int scope = 0;
  std::vector<std::size_t> nodes;        ///< positions in Graph::nodes
  std::vector<std::size_t> stages = {};  ///< indices of the inner stages
  std::size_t first = 0, last = 0;       ///< positions of its ops, those of inner stages included
  bool boxed = true;  ///< false for the whole tape, and for a scope that holds every op of it
};

/// Element 0 is the whole tape. `backward` chooses between the program and what sweeps recorded.
std::vector<Stage> find_stages(const Graph& graph, bool backward);

}  // namespace wengert
