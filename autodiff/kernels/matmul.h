// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/shape.h>

namespace wengert::kernels {

/// y = a b.   a: [m, k]   b: [k, n]   y: [m, n], all row-major; y is neither a nor b.
template <class T>
void matmul(Index m, Index k, Index n, const T* a, const T* b, T* y);

}  // namespace wengert::kernels
