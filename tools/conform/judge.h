// SPDX-License-Identifier: MIT
// A tensor passes when every element keeps |got − expected| <= tolerance · scale + floor. The scale, a tensor
// beside the expected one, is a running error bound of a sound evaluation; the tolerance depends on the order
// of derivative.
#pragma once

#include <autodiff/tensor.h>
#include <tools/conform/case.h>
#include <tools/npz.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wengert::conform {

/// What a layer gave, by the names that the cases use: "y", "dx", "ddx", "dirderiv".
template <class T>
using Outputs = std::map<std::string, Tensor<T>>;

/// An error in units of its allowance: at most 1 passes. Infinite for NaN and for a tensor of another shape.
struct WorstError {
  double units = 0;
  Index at = 0;  ///< flat index of the element
};

/// The worst element of `got`. `output` names the tensor and so the order of derivative of each element.
/// `scale` has the shape of `expected`.
WorstError worst_error(std::string_view output, const Tensor<double>& got, const Tensor<double>& expected,
                       const Tensor<double>& scale, const Tolerance& tolerance);

struct Verdict {
  std::string output;
  WorstError worst;
  std::optional<WorstError> centred;  ///< float32 only: against the stricter scale, where the case has one
  std::string text;  ///< "dx[7] is 0.5, expected 0.25: 3.1 of its allowance"; empty when passed

  bool passed() const { return worst.units <= 1; }
};

struct Judgement {
  std::vector<Verdict> verdicts;          ///< in order of name
  std::vector<std::string> not_computed;  ///< outputs that the case states and nobody gave
};

/// Judges every output that the case states. T = float or double is the dtype of the run.
/// Throws FileError for a case without tolerance for the dtype, and for a scale of another shape than its
/// tensor.
template <class T>
Judgement judge(const Case& c, const Npz& arrays, const Outputs<T>& got);

}  // namespace wengert::conform
