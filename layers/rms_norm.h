// SPDX-License-Identifier: MIT
// Root-mean-square normalisation: layer normalisation without the mean; in two forms of one signature.
//
//   ms = Σ x² / D    inv_rms = 1 / √(ms + eps)    y = gamma·x·inv_rms
//
// The sum runs over the trailing `normalized_axes` axes, D elements in all; gamma has one value for each of
// them, and there is no beta. Zhang, Sennrich 2019, arXiv:1910.07467; the gradient is derived in
// docs/rms_norm.md.
#pragma once

#include <layers/optional_var.h>

namespace wengert {

struct RmsNormOptions {
  double eps = 1e-5;  ///< under the root; finite and >= 0; 0 gives non-finite values where a row is zero
  int normalized_axes = 1;  ///< how many trailing axes are normalised over
};

/// The statistics are Tensors of the leading axes: no gradient flows through them.
template <class T>
struct RmsNormResult {
  Var<T> y;           ///< shape of x
  Tensor<T> ms;       ///< mean square
  Tensor<T> inv_rms;  ///< 1/√(ms + eps)
};

/// x: any rank >= 1; D >= 1, the leading axes may be empty.   gamma: the trailing shape, may be absent (1).
/// Throws ValueError for normalized_axes below 1, and for eps negative or not finite; ShapeError for an x of
/// fewer axes, D = 0, gamma of another shape; TapeError for Vars of two tapes.
namespace staged {
template <class T>
RmsNormResult<T> rms_norm(Var<T> x, OptionalVar<T> gamma, RmsNormOptions options = {});
}

namespace fused {
template <class T>
RmsNormResult<T> rms_norm(Var<T> x, OptionalVar<T> gamma, RmsNormOptions options = {});

/// The two pathways of dx, each of the shape of x (docs/rms_norm.md, eq. 4), g = gamma·dy:
///   direct = g·inv_rms    mean_square = −x·inv_rms³·Σ g·x/D
template <class T>
struct RmsNormTerms {
  Tensor<T> direct, mean_square;
};

template <class T>
RmsNormTerms<T> rms_norm_terms(const Tensor<T>& x, OptionalTensor<T> gamma, const Tensor<T>& dy,
                               RmsNormOptions options = {});
}  // namespace fused

}  // namespace wengert
