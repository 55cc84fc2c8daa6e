// SPDX-License-Identifier: MIT
// What came of one case on one number of threads, and what it says about the targets.
#pragma once

#include <bench/peers/contender.h>
#include <bench/peers/measure.h>
#include <bench/peers/verify.h>

#include <map>
#include <optional>

namespace wengert::bench {

struct Entry {
  Role role;
  Microseconds time;
  Errors errors;       ///< of a floor: zeros
  bool wrong = false;  ///< not timed
};

struct CaseTimes {
  Case setting;
  int threads = 1;
  bool single = true;  ///< float32
  std::map<std::string, Entry> entries;

  /// Microseconds of a step; nothing when it did not run or was wrong.
  std::optional<double> step(const std::string& name) const;
  /// The better of ordinary and non-temporal stores: "copy", "two-sweep", "L2-blocked".
  std::optional<double> floor(const std::string& name) const;
  struct Named {
    std::string name;
    double step;
  };
  std::optional<Named> best_peer() const;
};

/// One target and how it came out.
struct Check {
  std::string what;  ///< "kernel / two-sweep floor"
  double ratio = 0;
  double target = 0;
  bool at_least = false;  ///< else at most

  bool met() const { return at_least ? ratio >= target : ratio <= target; }
};

/// The checks for which all that is compared was there; `one` is the same case on one thread, if it was
/// measured and `times` has more.
std::vector<Check> checks(const CaseTimes& times, const CaseTimes* one);

}  // namespace wengert::bench
