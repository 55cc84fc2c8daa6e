// SPDX-License-Identifier: MIT
// The two inner loops of every sum: along a run, and down the columns of some rows. For kernels/ alone.
#pragma once

#include <autodiff/shape.h>

#include <type_traits>

namespace wengert::kernels {

/// What sums of T are kept in: float64 for float32, else T.
template <class T>
using SumType = std::conditional_t<std::is_same_v<T, float>, double, T>;

/// Σ x[i], or Σ x[i]·factor[i] with each product rounded to T; factor may be null.
template <class T>
SumType<T> sum_run(const T* x, const T* factor, Index n);

/// sums[c] += the same over x[offsets[r] + c] for r < rows, for every c < width.
template <class T>
void add_columns(const T* x, const T* factor, const Index* offsets, Index rows, Index width,
                 SumType<T>* sums);

}  // namespace wengert::kernels
