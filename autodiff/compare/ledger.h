// SPDX-License-Identifier: MIT
// What a form costs in memory. Bytes are logical: what was asked for, before a block is rounded up to its
// size class and without what the allocator keeps for reuse. The scratch of kernels counts.
#pragma once

#include <autodiff/compare/subject.h>
#include <autodiff/graph.h>

#include <cstddef>
#include <string>
#include <vector>

namespace wengert {

/// One tensor that is kept for backward.
struct LedgerEntry {
  int node = -1;     ///< the node that keeps it
  std::string op;    ///< of that node
  std::string name;  ///< "xhat", "mean", or "%3"
  Shape shape;
  std::size_t bytes = 0;
  bool held_by_caller = false;  ///< alive anyway: an input, or a view of one
  bool shared = false;          ///< in a block that an earlier entry has counted
};

struct Ledger {
  int op_nodes = 0;             ///< recorded ops, without leaves and constants
  std::size_t saved_bytes = 0;  ///< kept for backward beyond what the caller holds, shared blocks once
  std::size_t held_bytes = 0;   ///< read by backward, held by the caller anyway, shared blocks once
  std::size_t peak_bytes = 0;   ///< the most that lives at once in a step beyond the inputs and dy; y and
                                ///< gradients count; measured
  std::size_t predicted_peak_bytes = 0;  ///< the same by a dry run
  std::vector<LedgerEntry> entries;
  Graph graph;  ///< after forward
};

/// One step, forward and backward with the cotangent `dy`, measured by the allocator, and the same predicted.
/// Needs the allocator to itself.
template <class T>
Ledger measure_memory(const Layer<T>& layer, const std::vector<NamedTensor<T>>& inputs, const Tensor<T>& dy);

/// The peak of a step by a dry run: the same code allocates and frees, and computes nothing.
/// Works for shapes of which the tensors would not fit into memory.
template <class T>
std::size_t predict_peak(const Layer<T>& layer, const std::vector<Shape>& inputs);

}  // namespace wengert
