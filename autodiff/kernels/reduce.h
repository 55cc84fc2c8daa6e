// SPDX-License-Identifier: MIT
// Sums and maxima over any set of axes.
//
// Sums are pairwise over blocks, float32 in float64: the error grows with log n, not with n, and the order of
// additions depends on the shape alone.
#pragma once

#include <autodiff/shape.h>

namespace wengert::kernels {

/// y[kept axes] = Σ x / divisor over the reduced axes; 0 where there is nothing to sum.
template <class T>
void sum(const Shape& shape, AxisSet reduced, const T* x, T divisor, T* y);

/// y[kept axes] = max x over the reduced axes, of which none may be empty; a NaN wins.
template <class T>
void max(const Shape& shape, AxisSet reduced, const T* x, T* y);

}  // namespace wengert::kernels
