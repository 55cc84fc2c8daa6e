// SPDX-License-Identifier: MIT
// Every tolerance of the tests has a name here, and a reason.
#pragma once

#include <limits>

namespace wengert::test {

/// Central differences in double with h = cbrt(epsilon): truncation and rounding are both about 1e-10 of the
/// result; the rest is room for functions that bend.
inline constexpr double finite_difference = 1e-6;

/// The same sum in another order, or a function a few roundings deep, on numbers of about 1.
template <class T>
constexpr double rounding(double operations = 1) {
  return 16 * operations * static_cast<double>(std::numeric_limits<T>::epsilon());
}

}  // namespace wengert::test
