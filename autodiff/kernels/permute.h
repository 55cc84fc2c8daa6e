// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/shape.h>

#include <span>

namespace wengert::kernels {

/// Axis i of y is axis order[i] of x.
template <class T>
void permute(const Shape& shape, std::span<const std::int8_t> order, const T* x, T* y);

}  // namespace wengert::kernels
