// SPDX-License-Identifier: MIT
// The gradient taken apart by the pathways it came along.
#pragma once

#include <autodiff/tape.h>

#include <string>
#include <vector>

namespace wengert {

/// One class of paths from x to y: all those that pass exactly these marks.
template <class T>
struct PathClass {
  std::vector<std::string> marks;  ///< those of one tape in its order; empty for the paths that pass none
  Tensor<T> cotangent;             ///< shape of x
};

/// The cotangent of `x` in <dy, y>, one part for every set of marks that some path visits; the parts add up
/// to the gradient. The class without marks comes first. No class at all when x is not connected to y.
///
/// A mark is a name within a stage: where two stages of the graph use one name, the stage is put in front
/// ("batch_norm#2/mean"). `marks` selects by either spelling; empty means all that lie between x and y.
/// The staged form of a fused node takes its place, on a tape of its own.
/// A mark on y lies on every path, one on x on none.
/// Throws ValueError for more than eight marks, or for one that does not occur; TapeError when saved tensors
/// were released, or for a fused node without staged form; ShapeError for dy. The tape stays as it was.
template <class T>
std::vector<PathClass<T>> split_by_path(const Var<T>& y, const Tensor<T>& dy, const Var<T>& x,
                                        const std::vector<std::string>& marks = {});

}  // namespace wengert
