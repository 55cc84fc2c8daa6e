// SPDX-License-Identifier: MIT
// Instance normalisation: every channel of every sample by itself; in two forms of one signature.
//
//   mean = Σ x / n    var = Σ (x − mean)² / n    inv_std = 1 / √(var + eps)    xhat = (x − mean)·inv_std
//   y = gamma·xhat + beta
//
// The sums run over all axes but the first and the channel axis, n elements in all: group normalisation with
// as many groups as channels. Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022; the gradient is derived in
// docs/group_norm.md.
#pragma once

#include <layers/optional_var.h>

namespace wengert {

struct InstanceNormOptions {
  double eps = 1e-5;     ///< finite and >= 0; 0 gives non-finite values where an instance is constant
  int channel_axis = 1;  ///< NCL, NCHW: 1; NHWC: -1; never the batch axis 0
};

/// The statistics are Tensors: no gradient flows through them.
template <class T>
struct InstanceNormResult {
  Var<T> y;           ///< shape of x
  Tensor<T> mean;     ///< [N, C]
  Tensor<T> var;      ///< [N, C], divides by n
  Tensor<T> inv_std;  ///< [N, C]
};

/// x: rank >= 2, the first axis is the batch and may be empty; n >= 2.   gamma, beta: [C], each may be absent
/// (1 and 0). Throws ShapeError for rank < 2, a channel axis out of range or 0, fewer than two values an
/// instance, gamma or beta of another shape; ValueError for eps negative or not finite; TapeError for Vars of
/// two tapes.
namespace staged {
template <class T>
InstanceNormResult<T> instance_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                    InstanceNormOptions options = {});
}

namespace fused {
template <class T>
InstanceNormResult<T> instance_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                    InstanceNormOptions options = {});

/// The three pathways of dx, each of the shape of x (docs/group_norm.md, eq. 5), g = gamma·dy:
///   direct = g·inv_std    mean = −inv_std·Σg/n    variance = −(x − mean)·inv_std³·Σ g(x − mean)/n
template <class T>
struct InstanceNormTerms {
  Tensor<T> direct, mean, variance;
};

template <class T>
InstanceNormTerms<T> instance_norm_terms(const Tensor<T>& x, OptionalTensor<T> gamma, const Tensor<T>& dy,
                                         InstanceNormOptions options = {});
}  // namespace fused

}  // namespace wengert
