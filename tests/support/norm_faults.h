// SPDX-License-Identifier: MIT
// The planted faults, layer by layer, each with the gradient and the pathway that are wrong then.
#pragma once

#include <tests/support/faulty_norm.h>

namespace wengert::test {

inline Shape gallery_shape(Norm norm, bool square = false) {
  if (square) return {9, 9};
  if (norm == Norm::group) return {7, 4, 5};
  return norm == Norm::batch ? Shape{23, 5} : Shape{6, 24};
}

/// What can be wrong with one term.
inline std::vector<TermFault> term_faults() {
  return {{.factor = 0},       {.factor = 2},     {.factor = -1},   {.extra_power = 1},
          {.extra_power = -1}, {.count_off = -1}, {.gamma = false}, {.wrong_axis = true}};
}

inline std::string name(const TermFault& f) {
  if (f.factor == 0) return "dropped";
  if (f.factor == 2) return "doubled";
  if (f.factor == -1) return "of the wrong sign";
  if (f.extra_power > 0) return "with one inv_std too many";
  if (f.extra_power < 0) return "with one inv_std too few";
  if (f.count_off != 0) return "over N - 1";
  return f.gamma ? "over the wrong axis" : "without gamma";
}

inline std::vector<NormFault> norm_faults(Norm norm) {
  std::vector<NormFault> out;
  const std::vector<std::string> dx{"dx"};
  const std::string second = norm == Norm::rms ? "mean_square" : "variance";
  for (const TermFault& f : term_faults()) {
    // The direct term has no mean to take.
    if (f.count_off == 0 && !f.wrong_axis && f.factor != 0)
      out.push_back({.name = "direct term " + name(f), .direct = f, .blames = dx, .pathway = "direct"});
    if (norm != Norm::rms)
      out.push_back({.name = "mean term " + name(f), .mean = f, .blames = dx, .pathway = "mean"});
    out.push_back({.name = second + " term " + name(f), .variance = f, .blames = dx, .pathway = second});
  }
  out.push_back(
      {.name = "stale inv_std", .stale_inv_std = 1.1, .blames = {"dx", "dgamma"}, .pathway = second});
  if (norm != Norm::rms) {
    out.push_back({.name = "stale mean", .stale_mean = 0.3, .blames = {"dx", "dgamma"}, .pathway = second});
    out.push_back({.name = "dbeta doubled", .dbeta = 2, .blames = {"dbeta"}});
    out.push_back({.name = "dbeta of the wrong sign", .dbeta = -1, .blames = {"dbeta"}});
    out.push_back({.name = "dbeta dropped", .dbeta = 0, .blames = {"dbeta"}});
  }
  out.push_back({.name = "dgamma doubled", .dgamma = 2, .blames = {"dgamma"}});
  out.push_back({.name = "dgamma of the wrong sign", .dgamma = -1, .blames = {"dgamma"}});
  out.push_back({.name = "dgamma dropped", .dgamma = 0, .blames = {"dgamma"}});
  out.push_back({.name = "dgamma from x in place of xhat", .dgamma_of_x = true, .blames = {"dgamma"}});
  out.push_back({.name = "dx off by one row", .shift = 1, .blames = dx});
  out.push_back({.name = "dx off by one row backwards", .shift = -1, .blames = dx});
  out.push_back({.name = "only the last row wrong", .last_row = 1.01, .blames = dx});
  if (norm != Norm::group) out.push_back({.name = "dx transposed", .transposed = true, .blames = dx});
  return out;
}

}  // namespace wengert::test
