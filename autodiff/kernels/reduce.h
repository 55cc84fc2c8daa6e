// SPDX-License-Identifier: MIT
// Sums and maxima over any set of axes.
//
// Sums of float32 are made in float64, the others pairwise over blocks: the error does not grow with n, or
// with log n. The order of additions depends on the shape, and on the width of the processor's vectors.
#pragma once

#include <autodiff/shape.h>

namespace wengert::kernels {

/// y[kept axes] = Σ x / divisor over the reduced axes; 0 where there is nothing to sum.
template <class T>
void sum(const Shape& shape, AxisSet reduced, const T* x, T divisor, T* y);

/// y[kept axes] = Σ a·b over the reduced axes, each product rounded to T; a and b of the same shape. One
/// sweep.
template <class T>
void sum_of_product(const Shape& shape, AxisSet reduced, const T* a, const T* b, T* y);

/// y[kept axes] = max x over the reduced axes, of which none may be empty; a NaN wins.
template <class T>
void max(const Shape& shape, AxisSet reduced, const T* x, T* y);

}  // namespace wengert::kernels
