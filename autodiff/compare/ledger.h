// SPDX-License-Identifier: MIT
// What a form costs in memory.
#pragma once

#include <autodiff/compare/subject.h>
#include <autodiff/graph.h>

#include <cstddef>

namespace wengert {

struct Ledger {
  int op_nodes = 0;             ///< recorded ops, without leaves and constants
  std::size_t saved_bytes = 0;  ///< kept for backward beyond what the caller holds, shared blocks once
  std::size_t peak_bytes =
      0;        ///< the most that lives at once in a step beyond the inputs and dy; y and gradients count
  Graph graph;  ///< after forward, so that every saved tensor can be named
};

/// One step, forward and backward with the cotangent `dy`, measured by the allocator. Needs the allocator to
/// itself.
template <class T>
Ledger measure_memory(const Layer<T>& layer, const std::vector<NamedTensor<T>>& inputs, const Tensor<T>& dy);

}  // namespace wengert
