// SPDX-License-Identifier: MIT
// Is this gradient right? Against differences of the function itself; no second form is needed.
//
//   auto check = check_gradient<float>([](auto x) { return tanh(x) * 2; }, {{"x", x}});
//
// For random cotangents dy and random directions u of one input at a time, <vjp(dy), u> must be the slope of
// <dy, f> along u. Small inputs get every entry of the Jacobian as well. The function is evaluated in the
// next wider type where it is a generic callable; the gradient is that of T.
//
//   pass       the gradient agrees with the slope, and one disturbed by 1e-3 would not have
//   fail       it does not agree
//   undecided  nothing was tested, with the reason: a kink, a cotangent in the null space, numbers too hard
//              for differences, values that are not finite, a function that changes from run to run
#pragma once

#include <autodiff/compare/subject.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

enum class Verdict { pass, fail, undecided };

/// "pass", "fail", "undecided".
std::string_view to_string(Verdict verdict);

/// One step of the Taylor test: h² where the gradient is right, h where it is wrong.
struct TaylorRow {
  double h = 0;
  double remainder = 0;  ///< |<dy, f(x + h u)> − <dy, f(x)> − h <vjp(dy), u>|
  double order = 0;  ///< between this row and the one before it; NaN where rounding decides, and in the first
};

struct InputCheck {
  std::string input;
  Verdict verdict = Verdict::undecided;
  std::string reason;
  double slope = 0;      ///< along the worst direction, by differences
  double claimed = 0;    ///< <vjp(dy), u>
  double error = 0;      ///< |claimed − slope| relative to the terms of <vjp(dy), u>
  double allowance = 0;  ///< what rounding and the differences leave open, relative to the same
  /// What a gradient disturbed by 1e-3 got, in units of the allowance, where it showed best: has to be
  /// above 1.
  double control_of_allowance = 0;
  int directions = 0;
  std::vector<TaylorRow> taylor;
  Index jacobian_entries = 0;  ///< compared one by one; 0 where the input is too large
  double jacobian_error = 0;   ///< the worst entry, relative to the largest of its column
  Index kinks = 0;             ///< elements (or directions) along which the slopes of both sides differ
};

struct GradientCheck {
  Verdict verdict = Verdict::undecided;
  std::string reason;  ///< of the input that decided
  std::string evaluated_in;
  std::vector<InputCheck> inputs;
  std::vector<InputCheck> second_order;  ///< the same of x -> <v, vjp(dy)>, when asked for
};

template <class T>
struct GradientCheckOptions {
  std::uint64_t seed = 1;
  int directions = 4;            ///< random ones, each with a random cotangent of its own
  Index jacobian_elements = 48;  ///< every entry when an input and the output have at most this many elements
  bool second_order = false;
  Tensor<T> cotangent = {};  ///< instead of random ones
};

/// Throws what `f` and its sweep throw; ShapeError for a cotangent of another shape than the value.
template <class T>
GradientCheck check_gradient(const LayerForm<T>& f, const std::vector<NamedTensor<T>>& inputs,
                             GradientCheckOptions<T> options = {});

}  // namespace wengert
