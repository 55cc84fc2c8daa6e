// SPDX-License-Identifier: MIT
// Both forms run once, forward and backward, and the truth beside them: what agreement, accuracy and pathways
// are judged from.
#pragma once

#include <autodiff/compare/random_numbers.h>
#include <autodiff/compare/subject.h>
#include <autodiff/split_by_path.h>

#include <cstdint>
#include <vector>

namespace wengert {

/// The value and the gradients of one run: "y" first, then one for each input in order.
template <class T>
using Outcome = std::vector<Tensor<T>>;

/// The staged form in the next wider type.
template <class W>
struct Truth {
  Outcome<W> tensors;
  /// The path classes of each input's gradient. The first, of y, has none.
  std::vector<std::vector<PathClass<W>>> classes;
  /// What an error of each element is seen against: Σ |class|; where no mark splits, the root mean square.
  std::vector<std::vector<double>> scale;
  /// How far each element moves, in units of u · scale, when every input and dy are off by one rounding of T.
  std::vector<std::vector<double>> condition;
};

template <class T>
struct Trial {
  Tensor<T> dy;
  Outcome<T> staged;
  Outcome<T> fused;
  Truth<Wider<T>> truth;
};

/// Throws what the forms throw; ShapeError when their outputs differ in shape, ValueError when the staged
/// form does not run in the wider type.
template <class T>
Trial<T> run_trial(const Subject<T>& subject, std::uint64_t seed);

/// For each element of tensor `t` (0 is y), the largest |fused − truth| that passes:
///   max(64 · u · max(1, condition), 2 · staged error) · scale
/// Condition and staged error are the largest of the slice that the element lies in (a channel, a row), the
/// smallest such slice bound over all axes: one hard channel does not excuse a fault in the others.
template <class T>
std::vector<double> allowances(const Trial<T>& trial, std::size_t t);

}  // namespace wengert
