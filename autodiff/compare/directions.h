// SPDX-License-Identifier: MIT
// The two ways a gradient is held against differences: along random directions, and entry by entry. For the
// files in this folder.
#pragma once

#include <autodiff/compare/checked_function.h>
#include <autodiff/compare/gradient_check.h>

namespace wengert {

/// What every element of a gradient may be off by rounding.
constexpr double roundings_of_terms = 64;
constexpr double shaken_spreads = 16;
/// Differences are not asked for more digits than this, relative to the terms.
constexpr double finest = 1e-8;
/// How far off the extrapolated slope may be, in units of what its neighbours differ by.
constexpr double neighbours = 10;

/// |g|, or the sum of the sizes of its path classes, of which it may be a small difference.
template <class T>
std::vector<double> terms_of(const FormRun<T>& run, const Tensor<T>& dy, std::size_t i, const Tensor<T>& g);

/// <dy, f> along one random direction of input `i`, against <vjp(dy), u>. Where this is worse than what
/// `check` holds, it is what `check` says.
template <class T, class V>
void check_direction(const CheckedFunction<T, V>& f, std::size_t i, const Tensor<T>& dy, std::uint64_t seed,
                     InputCheck& check);

/// Every entry of the Jacobian by input `i`.
template <class T, class V>
void check_jacobian(const CheckedFunction<T, V>& f, std::size_t i, std::uint64_t seed, InputCheck& check);

}  // namespace wengert
