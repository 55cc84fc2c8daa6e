// SPDX-License-Identifier: MIT
// What the gradient of every normalisation satisfies whatever its numbers are, slice by slice:
//
//   Σ dx = 0                                                 (centred norms)
//   Σ dx·xhat = inv_std · eps/(var + eps) · Σ g·xhat         g = gamma·dy
//
// Derived in docs/batch_norm.md, section 6; for an uncentred norm var is the mean square.
#pragma once

#include <autodiff/compare/subject.h>

#include <functional>

namespace wengert {

struct NormLayout {
  Index slices = 0;                       ///< that are normalised each for itself
  std::function<Index(Index)> slice;      ///< of an element of x
  std::function<Index(Index)> parameter;  ///< the place of its gamma
  double eps = 0;
  bool centred = true;
};

/// Of a layer whose inputs are x and gamma, and more.
template <class T>
Identities<T> norm_identities(std::function<NormLayout(const Shape& x)> layout);

/// The channels of an axis; the trailing axes; the groups of channels of each sample.
NormLayout channel_layout(const Shape& x, int channel_axis, double eps);
NormLayout trailing_layout(const Shape& x, int axes, double eps, bool centred);
NormLayout group_layout(const Shape& x, int channel_axis, Index groups, double eps);

}  // namespace wengert
