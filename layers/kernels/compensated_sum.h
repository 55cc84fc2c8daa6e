// SPDX-License-Identifier: MIT
// What the scalar references compute in.
#pragma once

#include <cmath>
#include <type_traits>

namespace wengert::kernels::reference {

/// The next wider type.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, long double>;

/// Neumaier's sum: what each addition rounds away is added up apart and returned at the end.
template <class W>
class CompensatedSum {
 public:
  void add(W term) {
    const W sum = sum_ + term;
    lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
    sum_ = sum;
  }
  // An infinite sum has lost ∞ − ∞, a NaN that would hide it.
  W total() const { return std::isfinite(sum_) ? sum_ + lost_ : sum_; }

 private:
  W sum_ = 0;
  W lost_ = 0;
};

/// The mean as a rounded value and the mean of what is left once that is taken off: a constant set has
/// exactly its value and 0.
template <class W>
struct SplitMean {
  W hi = 0;
  W lo = 0;

  W centre(W x) const { return (x - hi) - lo; }
};

}  // namespace wengert::kernels::reference
