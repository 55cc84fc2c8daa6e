// SPDX-License-Identifier: MIT
// Random tensors, the same on every machine for one seed.
#pragma once

#include <autodiff/compare/layer_form.h>

#include <cstdint>

namespace wengert {

/// Standard normal numbers.
template <class T>
Tensor<T> random_normal(const Shape& shape, std::uint64_t seed);

/// The cotangent that a comparison uses: random_normal from a seed of its own, since inputs made from the
/// same seed would make dy = x, which lies in the null space of a norm and tests nothing.
template <class T>
Tensor<T> random_cotangent(const Shape& shape, std::uint64_t seed);

/// Every number of x off by a random share of one rounding of T.
template <class T>
Tensor<Wider<T>> disturbed(const Tensor<Wider<T>>& x, std::uint64_t seed);

}  // namespace wengert
