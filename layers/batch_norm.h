// SPDX-License-Identifier: MIT
// Batch normalisation over one channel axis, in two forms of one signature.
//
//   staged::batch_norm   a graph of small ops, differentiated by the tape
//   fused::batch_norm    one node with the hand-derived closed form
//
//   mean = Σ x / N    var = Σ (x − mean)² / N    inv_std = 1 / √(var + eps)    xhat = (x − mean)·inv_std
//   y = gamma·xhat + beta
//
// The sums run over all axes but the channel axis; N is the number of elements of one channel.
// Ioffe, Szegedy 2015, arXiv:1502.03167; the gradient is derived in docs/batch_norm.md.
#pragma once

#include <layers/optional_var.h>

namespace wengert {

struct BatchNormOptions {
  double eps = 1e-5;     ///< finite and >= 0; 0 gives non-finite values where a channel is constant
  int channel_axis = 1;  ///< NC, NCL, NCHW: 1; NHWC: -1; a row-major [D, N]: 0
};

/// The statistics are Tensors: no gradient flows through them.
template <class T>
struct BatchNormResult {
  Var<T> y;           ///< shape of x
  Tensor<T> mean;     ///< [C]
  Tensor<T> var;      ///< [C], divides by N
  Tensor<T> inv_std;  ///< [C]
};

/// Training mode. x: rank >= 2, N >= 2.  gamma, beta: [C], each may be absent (1 and 0).
/// Throws ShapeError for rank < 2, a channel axis out of range, gamma or beta of another shape, fewer than
/// two values a channel; ValueError for eps negative or not finite; TapeError for Vars of two tapes.
namespace staged {
template <class T>
BatchNormResult<T> batch_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                              BatchNormOptions options = {});
}

namespace fused {
template <class T>
BatchNormResult<T> batch_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                              BatchNormOptions options = {});

/// The three pathways of dx, each of the shape of x (docs/batch_norm.md, eq. 9):
///   direct = g·inv_std    mean = −inv_std·Σg/N    variance = −(x − mean)·inv_std³·Σ g(x − mean)/N    g =
///   gamma·dy
template <class T>
struct BatchNormTerms {
  Tensor<T> direct, mean, variance;
};

template <class T>
BatchNormTerms<T> batch_norm_terms(const Tensor<T>& x, OptionalTensor<T> gamma, const Tensor<T>& dy,
                                   BatchNormOptions options = {});
}  // namespace fused

}  // namespace wengert
