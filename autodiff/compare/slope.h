// SPDX-License-Identifier: MIT
// The slope of a function of one number at 0, from its values at ±h for a row of falling h.
#pragma once

#include <limits>
#include <span>
#include <vector>

namespace wengert {

/// φ(h) − φ(0) and φ(−h) − φ(0).
struct Probe {
  double h = 0;
  double ahead = 0;
  double behind = 0;
};

struct Slope {
  double value = 0;
  double error =
      std::numeric_limits<double>::infinity();  ///< what the extrapolations at neighbouring h differ by
  bool kink = false;  ///< the slopes of both sides differ by as much however small h is
};

/// Steps fall by this factor.
inline constexpr double step_ratio = 8;

/// The steps, relative to the size of what is moved: from 1/8 down to where rounding in V takes over.
template <class V>
std::vector<double> slope_steps();

/// Central differences, extrapolated once; the h is chosen where neighbours agree best. `noise` is a lower
/// bound of the rounding in φ. Probes that are not finite, at large h, are left out.
Slope estimate_slope(std::span<const Probe> probes, double noise);

}  // namespace wengert
