// SPDX-License-Identifier: MIT
// Group normalisation: every sample by itself, over groups of channels; in two forms of one signature.
//
//   mean = Σ x / n    var = Σ (x − mean)² / n    inv_std = 1 / √(var + eps)    xhat = (x − mean)·inv_std
//   y = gamma·xhat + beta
//
// The sums run over the C / groups channels of a group and all axes but the first, n elements in all; gamma
// and beta have one value a channel. Wu, He 2018, arXiv:1803.08494; the gradient is derived in
// docs/group_norm.md.
#pragma once

#include <layers/optional_var.h>

namespace wengert {

struct GroupNormOptions {
  int groups = 32;       ///< divides the number of channels; neighbouring channels form a group
  double eps = 1e-5;     ///< finite and >= 0; 0 gives non-finite values where a group is constant
  int channel_axis = 1;  ///< NC, NCL, NCHW: 1; NHWC: -1; never the batch axis 0
};

/// The statistics are Tensors: no gradient flows through them.
template <class T>
struct GroupNormResult {
  Var<T> y;           ///< shape of x
  Tensor<T> mean;     ///< [N, groups]
  Tensor<T> var;      ///< [N, groups], divides by n
  Tensor<T> inv_std;  ///< [N, groups]
};

/// x: rank >= 2, the first axis is the batch and may be empty; n >= 2.   gamma, beta: [C], each may be absent
/// (1 and 0). Throws ShapeError for rank < 2, a channel axis out of range or 0, channels that the groups do
/// not divide, fewer than two values a group, gamma or beta of another shape; ValueError for groups below 1,
/// eps negative or not finite; TapeError for Vars of two tapes.
namespace staged {
template <class T>
GroupNormResult<T> group_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                              GroupNormOptions options = {});
}

namespace fused {
template <class T>
GroupNormResult<T> group_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                              GroupNormOptions options = {});

/// The three pathways of dx, each of the shape of x (docs/group_norm.md, eq. 5), g = gamma·dy:
///   direct = g·inv_std    mean = −inv_std·Σg/n    variance = −(x − mean)·inv_std³·Σ g(x − mean)/n
template <class T>
struct GroupNormTerms {
  Tensor<T> direct, mean, variance;
};

template <class T>
GroupNormTerms<T> group_norm_terms(const Tensor<T>& x, OptionalTensor<T> gamma, const Tensor<T>& dy,
                                   GroupNormOptions options = {});
}  // namespace fused

}  // namespace wengert
