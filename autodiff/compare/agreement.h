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

#include <autodiff/compare/subject.h>

#include <cstdint>
#include <string>
#include <vector>

namespace wengert {

/// One tensor: the value "y", or a gradient "dx", "dgamma", …
struct AgreementRow {
  std::string what;
  double difference = 0;    ///< largest |staged − fused|
  double relative = 0;      ///< largest |staged − fused| / scale
  double of_allowance = 0;  ///< largest |fused − truth| / allowance; agrees when ≤ 1
  double staged_error = 0;  ///< largest |staged − truth| / scale
  double fused_error = 0;   ///< largest |fused − truth| / scale
  double condition = 0;
  Index non_finite = 0;  ///< elements that are not finite in both forms; in one form alone they disagree
  bool agrees = false;
};

struct Agreement {
  Shape y;  ///< of the value, and so of the cotangent
  std::vector<AgreementRow> rows;
  bool holds() const;
};

/// Runs both forms once, forward and backward with a random normal cotangent made from `seed`.
/// Throws what the forms throw; ShapeError when their outputs differ in shape.
template <class T>
Agreement check_agreement(const Subject<T>& subject, std::uint64_t seed);

/// Standard normal numbers, the same on every machine for one seed.
template <class T>
Tensor<T> random_normal(const Shape& shape, std::uint64_t seed);

/// The cotangent that a comparison uses: random_normal from a seed of its own, since inputs made from the
/// same seed would make dy = x, which lies in the null space of a norm and tests nothing.
template <class T>
Tensor<T> random_cotangent(const Shape& shape, std::uint64_t seed);

}  // namespace wengert
