// SPDX-License-Identifier: MIT
// The answers, computed in long double, and how far a contender is from them.
#pragma once

#include <bench/peers/contender.h>

namespace wengert::bench {

/// The largest error of each output over the largest |answer| of that output; NaN if there is one.
struct Errors {
  double y = 0, dx = 0, dgamma = 0, dbeta = 0;

  double largest() const;
};

/// The answers for some channels of a problem: all of them when it is small, four above 4 Mi elements.
template <class T>
class Truth {
 public:
  explicit Truth(const Problem<T>& problem);
  Errors errors_of(const Outputs<T>& outputs) const;

 private:
  std::vector<long double> sampled(const T* tensor) const;

  Dimensions dimensions_;
  std::vector<Index> channels_;
  std::vector<long double> y_, dx_, dgamma_, dbeta_;  // y, dx: [outer, sampled channels, inner]
};

}  // namespace wengert::bench
