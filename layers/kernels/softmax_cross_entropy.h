// SPDX-License-Identifier: MIT
// Softmax with cross-entropy on plain memory of the caller's.
#pragma once

#include <autodiff/shape.h>

namespace wengert::kernels {

/// What the samples should be: a class each, or a distribution each; the other one is null.
template <class T>
struct Targets {
  const T* classes;  ///< [rows], whole numbers from 0 to columns − 1
  const T* weights;  ///< [rows, columns]
};

/// The logarithm of Σ e^x of each row is row_max + log_sum, [rows] each: kept apart, so that large logits
/// cost no digits of the probabilities.
template <class T>
struct LogSumExp {
  T* row_max;
  T* log_sum;
};

/// losses: [rows] = −Σ t·(x − row_max − log_sum).   x: [rows, columns], columns >= 1.
template <class T>
void softmax_cross_entropy_forward(Index rows, Index columns, const T* x, Targets<T> targets, T* losses,
                                   LogSumExp<T> normaliser);

/// dx = (e^(x − row_max − log_sum) − t)·dlosses, for targets that add up to 1.   dlosses: [rows]
template <class T>
void softmax_cross_entropy_backward(Index rows, Index columns, const T* x, Targets<T> targets,
                                    const T* row_max, const T* log_sum, const T* dlosses, T* dx);

}  // namespace wengert::kernels
