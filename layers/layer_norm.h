// SPDX-License-Identifier: MIT
// Layer normalisation: every sample by itself, over its trailing axes; in two forms of one signature.
//
//   mean = Σ x / D    var = Σ (x − mean)² / D    inv_std = 1 / √(var + eps)    xhat = (x − mean)·inv_std
//   y = gamma·xhat + beta
//
// The sums run over the trailing `normalized_axes` axes, D elements in all; gamma and beta have one value for
// each of these elements. Ba, Kiros, Hinton 2016, arXiv:1607.06450; the gradient is derived in
// docs/layer_norm.md.
#pragma once

#include <layers/optional_var.h>

namespace wengert {

struct LayerNormOptions {
  double eps = 1e-5;  ///< finite and >= 0; 0 gives non-finite values where a row is constant
  int normalized_axes =
      1;  ///< how many trailing axes are normalised over: 1 for [N, D], 3 for a whole [C, H, W]
};

/// The statistics are Tensors of the leading axes: no gradient flows through them.
template <class T>
struct LayerNormResult {
  Var<T> y;  ///< shape of x
  Tensor<T> mean;
  Tensor<T> var;  ///< divides by D
  Tensor<T> inv_std;
};

/// x: any rank >= 1; D >= 1, the leading axes may be empty.   gamma, beta: the trailing shape, each may be
/// absent (1 and 0). Throws ValueError for normalized_axes below 1, and for eps negative or not finite;
/// ShapeError for an x of fewer axes, D = 0, gamma or beta of another shape; TapeError for Vars of two tapes.
namespace staged {
template <class T>
LayerNormResult<T> layer_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                              LayerNormOptions options = {});
}

namespace fused {
template <class T>
LayerNormResult<T> layer_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                              LayerNormOptions options = {});

/// The three pathways of dx, each of the shape of x (docs/layer_norm.md, eq. 5), g = gamma·dy:
///   direct = g·inv_std    mean = −inv_std·Σg/D    variance = −(x − mean)·inv_std³·Σ g(x − mean)/D
template <class T>
struct LayerNormTerms {
  Tensor<T> direct, mean, variance;
};

template <class T>
LayerNormTerms<T> layer_norm_terms(const Tensor<T>& x, OptionalTensor<T> gamma, const Tensor<T>& dy,
                                   LayerNormOptions options = {});
}  // namespace fused

}  // namespace wengert
