// SPDX-License-Identifier: MIT
#include <autodiff/compare/explain_difference.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

namespace wengert {
namespace {

std::string number_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return text.data();
}

// The numbers that a mean could have been taken over.
std::set<Index> counts(const Shape& shape) {
  std::set<Index> out;
  for (unsigned axes = 1; axes < (1U << shape.rank()); ++axes) {
    Index n = 1;
    for (int axis = 0; axis < shape.rank(); ++axis) n *= (axes >> axis & 1U) != 0 ? shape[axis] : 1;
    if (n > 1) out.insert(n);
  }
  return out;
}

// "(N−1)/N with N = 8?", or nothing when the factor is no such number.
std::string guess(double factor, const Shape& shape) {
  const auto is = [&](double candidate) {
    return std::abs(factor - candidate) <= 0.01 * std::abs(factor - 1) && std::isfinite(candidate);
  };
  const std::set<Index> all = counts(shape);
  for (const Index count : all) {
    const auto n = static_cast<double>(count);
    struct Candidate {
      const char* text;
      double value;
    };
    const std::array candidates{Candidate{"(N−1)/N", (n - 1) / n},
                                Candidate{"N/(N−1)", n / (n - 1)},
                                Candidate{"(N+1)/N", (n + 1) / n},
                                Candidate{"N/(N+1)", n / (n + 1)},
                                Candidate{"1/N", 1 / n},
                                Candidate{"N", n},
                                Candidate{"1/√N", 1 / std::sqrt(n)},
                                Candidate{"√N", std::sqrt(n)}};
    for (const Candidate& c : candidates) {
      if (is(c.value)) return std::string(c.text) + " with N = " + std::to_string(count) + "?";
    }
  }
  for (const Index above : all) {
    for (const Index below : all) {
      if (above != below && is(static_cast<double>(above) / static_cast<double>(below)))
        return std::to_string(above) + "/" + std::to_string(below) + ", a mean over the wrong axes?";
    }
  }
  return "";
}

}  // namespace

std::string factor_text(double factor, const Shape& shape) {
  const auto is = [&](double value) { return std::abs(factor - value) <= 1e-3; };
  if (is(0)) return "missing";
  if (is(2)) return "doubled";
  if (is(-1)) return "of the wrong sign";
  const std::string hint = guess(factor, shape);
  return number_text(factor) + " of what the graph gives" + (hint.empty() ? "" : ": " + hint);
}

}  // namespace wengert
