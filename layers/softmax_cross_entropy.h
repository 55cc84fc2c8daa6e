// SPDX-License-Identifier: MIT
// Softmax and cross-entropy in one: the loss of a classifier from its logits, in two forms of one signature.
//
//   lse_n = m_n + ln Σ_k e^(x_nk − m_n),  m_n = max_k x_nk      log p_nk = x_nk − lse_n
//   loss_n = −Σ_k t_nk·log p_nk                                 dx_nk = (p_nk − t_nk)·dloss_n
//
// t is 1 for the class of sample n and 0 elsewhere, or a given distribution. Nothing overflows: the largest
// exponent is 0. Derived in docs/softmax_cross_entropy.md.
#pragma once

#include <autodiff/var.h>

#include <cstdint>
#include <span>

namespace wengert {

/// What becomes of the losses of the N samples.
enum class Reduction {
  mean,  ///< a scalar, their average
  sum,   ///< a scalar
  none,  ///< [N]
};

/// logits: [N, K], N and K at least 1.
/// classes: one number from 0 to K − 1 a sample. Or targets: [N, K], every row a distribution: numbers >= 0
/// that add up to 1, such as one-hot rows. No gradient flows to them. Throws ShapeError for any other shapes;
/// ValueError for a class out of range and for a row of targets that is no distribution, naming it.
namespace staged {
template <class T>
Var<T> softmax_cross_entropy(Var<T> logits, std::span<const std::int64_t> classes,
                             Reduction reduction = Reduction::mean);
template <class T>
Var<T> softmax_cross_entropy(Var<T> logits, const Tensor<T>& targets, Reduction reduction = Reduction::mean);
}  // namespace staged

namespace fused {
template <class T>
Var<T> softmax_cross_entropy(Var<T> logits, std::span<const std::int64_t> classes,
                             Reduction reduction = Reduction::mean);
template <class T>
Var<T> softmax_cross_entropy(Var<T> logits, const Tensor<T>& targets, Reduction reduction = Reduction::mean);
}  // namespace fused

}  // namespace wengert
