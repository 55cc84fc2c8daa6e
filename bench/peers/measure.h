// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

namespace wengert::bench {

/// What is timed of one contender.
struct Timed {
  std::function<void()> forward, backward;
};

struct Effort {
  double seconds = 1;     ///< for all contenders of a case together
  double quantile = 0.5;  ///< of the rounds; 0.1 helps on a machine that others use too
};

/// Microseconds: a whole step, and its forward part alone.
struct Microseconds {
  double step = 0;
  double forward = 0;
};

/// Rounds of all contenders, each round starting with another one, so that a busy second falls on all alike.
/// Every measurement follows an untimed step of the same contender: the data are as warm as its own last call
/// leaves them. A short step is repeated within one measurement.
std::vector<Microseconds> measure(const std::vector<Timed>& contenders, Effort effort);

}  // namespace wengert::bench
