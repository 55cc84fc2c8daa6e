// SPDX-License-Identifier: MIT
#include <autodiff/compare/slope.h>

#include <algorithm>
#include <cmath>

namespace wengert {
namespace {

// Steps in a row over which a jump between both sides has to stay: that of a smooth function falls as h, that
// of rounding grows as 1/h.
constexpr std::size_t kink_steps = 4;

bool has_kink(std::span<const Probe> probes) {
  std::vector<double> jumps;
  double slope = 0;
  for (const Probe& p : probes) {
    jumps.push_back(std::abs(p.ahead + p.behind) / p.h);
    slope = std::max(std::abs(p.ahead), std::abs(p.behind)) / p.h;
  }
  for (std::size_t k = 0; k + kink_steps <= jumps.size(); ++k) {
    const auto [least, most] = std::ranges::minmax(std::span(jumps).subspan(k, kink_steps));
    if (least > 1e-5 * slope && most < 3 * least) return true;
  }
  return false;
}

}  // namespace

template <class V>
std::vector<double> slope_steps() {
  // Below h = ε^(3/5) rounding is larger than what is left of the curvature.
  const double least = std::pow(static_cast<double>(std::numeric_limits<V>::epsilon()), 0.6);
  std::vector<double> steps;
  for (double h = 1.0 / 8; h >= least; h /= step_ratio) steps.push_back(h);
  return steps;
}

Slope estimate_slope(std::span<const Probe> probes, double noise) {
  std::size_t first = 0;
  for (std::size_t k = 0; k < probes.size(); ++k) {
    if (!std::isfinite(probes[k].ahead) || !std::isfinite(probes[k].behind)) first = k + 1;
  }
  probes = probes.subspan(first);
  Slope slope;
  if (probes.size() < 4) return slope;
  std::vector<double> extrapolated;  // the h² part of the error taken out
  constexpr double square = step_ratio * step_ratio;
  const auto central = [&](std::size_t k) {
    return (probes[k].ahead - probes[k].behind) / (2 * probes[k].h);
  };
  for (std::size_t k = 0; k + 1 < probes.size(); ++k)
    extrapolated.push_back((square * central(k + 1) - central(k)) / (square - 1));
  for (std::size_t k = 1; k + 1 < extrapolated.size(); ++k) {
    const double before = std::abs(extrapolated[k] - extrapolated[k - 1]);
    const double after = std::abs(extrapolated[k + 1] - extrapolated[k]);
    const double error = std::max(before, after) + noise / probes[k + 1].h;
    if (error < slope.error) slope = {.value = extrapolated[k], .error = error};
  }
  slope.kink = has_kink(probes);
  return slope;
}

template std::vector<double> slope_steps<float>();
template std::vector<double> slope_steps<double>();
template std::vector<double> slope_steps<long double>();

}  // namespace wengert
