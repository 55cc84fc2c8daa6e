// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/tensor.h>

#include <optional>
#include <string>
#include <string_view>

namespace wengert {

/// Flat index of the first NaN or infinity.
template <class T>
std::optional<Index> first_non_finite(std::span<const T> values);

/// Throws NonFiniteError "<what> has nan at [2, 1], expected finite values".
template <class T>
void expect_finite(const Tensor<T>& tensor, std::string_view what);

}  // namespace wengert
