// SPDX-License-Identifier: MIT
// Do two forms of a layer agree, and which one is closer to the truth?
//
// The truth is the staged form in the next wider type. The fused form agrees when, element by element,
//
//   |fused − truth| ≤ max(64 · u · max(1, condition), 2 · staged error) · scale
//
// u is the unit roundoff of T. The scale of a gradient is Σ |part| over its path classes (split_by_path),
// since the gradient of a norm is a difference of larger terms; where marks do not split it, the root mean
// square of the tensor. The condition is measured, not assumed: how far, in u · scale, the truth itself moves
// when every input and the cotangent are disturbed by one rounding. So a closed form that does no worse than
// rounding its data, or not much worse than the staged form, passes.
#pragma once

#include <autodiff/compare/trial.h>

#include <cstdint>
#include <string>
#include <vector>

namespace wengert {

/// Which form is nearer to the truth. Below a factor of 1.5 chance decides: alike.
enum class Closer { alike, staged, fused };

/// How far the two forms are from the truth in one tensor.
struct Accuracy {
  double staged_error = 0;  ///< largest |staged − truth| / scale
  double fused_error = 0;   ///< largest |fused − truth| / scale
  double staged_rms = 0;    ///< root mean square of the same
  double fused_rms = 0;
  double staged_ulps = 0;  ///< largest |staged − truth| in units of the last place of the true element in T
  double fused_ulps = 0;
  Closer closer = Closer::alike;  ///< by the root mean square, which one unlucky element does not decide
  double factor = 1;              ///< by how much, ≥ 1; infinite when the closer form is exact
};

/// One tensor: the value "y", or a gradient "dx", "dgamma", …
struct AgreementRow {
  std::string what;
  double difference = 0;    ///< largest |staged − fused|
  double relative = 0;      ///< largest |staged − fused| / scale
  double of_allowance = 0;  ///< largest |fused − truth| / allowance; agrees when ≤ 1
  Accuracy accuracy;
  double condition = 0;
  Index non_finite = 0;  ///< elements that are not finite in both forms; in one form alone they disagree
  Index judged = 0;      ///< elements that are finite in a form at least: 0 means nothing was tested
  bool agrees = false;
};

struct Agreement {
  Shape y;  ///< of the value, and so of the cotangent
  std::vector<AgreementRow> rows;
  bool holds() const;
};

/// Runs both forms once, forward and backward with a random normal cotangent made from `seed`.
/// Throws what run_trial throws.
template <class T>
Agreement check_agreement(const Subject<T>& subject, std::uint64_t seed);

template <class T>
Agreement judge_agreement(const Subject<T>& subject, const Trial<T>& trial);

}  // namespace wengert
