// SPDX-License-Identifier: MIT
// The saved tensors seen from where they come from: what of each node's value is kept, and for whose vjp.
#pragma once

#include <tools/draw/graph_index.h>

#include <cstddef>
#include <string>
#include <vector>

namespace wengert {

/// The value of one node, kept for the vjps of others or its own. No reader: it is not kept.
struct KeptValue {
  std::vector<std::string> readers;  ///< op names, "mul ×2"
  std::size_t bytes = 0;             ///< 0 when the memory is alive anyway, or counted at an earlier node
};

/// A tensor of a fused node's own.
struct OwnTensor {
  std::string name;
  std::size_t bytes = 0;
};

struct SavedView {
  std::vector<KeptValue> kept;              ///< by position of the node whose value it is
  std::vector<std::vector<OwnTensor>> own;  ///< by position of the node that keeps it
};

/// All bytes in it add up to saved_bytes(graph).
SavedView saved_view(const Graph& graph, const GraphIndex& index);

}  // namespace wengert
