// SPDX-License-Identifier: MIT
// Batch normalisation in evaluation mode: the statistics are given, so every element goes its own way.
//
//   inv_std = 1 / √(running_var + eps)    y = gamma·(x − running_mean)·inv_std + beta
//   dx = gamma·inv_std·dy    dgamma = Σ dy·(x − running_mean)·inv_std    dbeta = Σ dy
//
// Only the direct pathway is left (docs/batch_norm.md, "Evaluation mode").
#pragma once

#include <layers/batch_norm.h>

namespace wengert {

/// x: rank >= 2, any number of elements.   gamma, beta, running_mean, running_var: [C]; gamma and beta may be
/// absent (1 and 0). The result's mean and var are the given ones: no gradient flows to them.
/// Throws ShapeError for rank < 2, a channel axis out of range, one of the others of another shape;
/// ValueError for eps negative or not finite and for a negative variance; TapeError for Vars of two tapes.
namespace staged {
template <class T>
BatchNormResult<T> batch_norm_eval(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                   const Tensor<T>& running_mean, const Tensor<T>& running_var,
                                   BatchNormOptions options = {});
}

namespace fused {
template <class T>
BatchNormResult<T> batch_norm_eval(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                   const Tensor<T>& running_mean, const Tensor<T>& running_var,
                                   BatchNormOptions options = {});
}

}  // namespace wengert
