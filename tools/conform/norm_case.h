// SPDX-License-Identifier: MIT
// How a numeric case is run, whatever the layer: value, gradients, terms, second derivatives, jvp,
// derivatives along v.
#pragma once

#include <autodiff/var.h>
#include <tools/conform/form.h>
#include <tools/conform/judge.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace wengert::conform {

/// What one call of a layer gives: y, and its statistics by the names that the cases use.
template <class T>
struct LayerOutput {
  Var<T> y;
  std::map<std::string, Tensor<T>> statistics;
};

/// A layer in one form, with the options of a case.
template <class T>
struct LayerUnderTest {
  std::function<LayerOutput<T>(const Var<T>& x, const std::optional<Var<T>>& gamma,
                               const std::optional<Var<T>>& beta)>
      run;
  /// The closed form's terms of dx by the names of the cases, "dx_direct"; empty for a form that is split by
  /// path.
  std::function<Outputs<T>(const Tensor<T>& x, const std::optional<Tensor<T>>& gamma, const Tensor<T>& dy)>
      terms;
};

/// Every output that the inputs of the case call for: value and statistics, first derivatives and their
/// terms, second derivatives, jvp and derivatives along v up to order 4. "dx_mixed" is what the paths through
/// both marks carry: zero to rounding, so no case states it. Throws FileError for tensors that do not belong
/// together, and whatever the layer throws.
template <class T>
Outputs<T> norm_outputs(const Case& c, const Npz& arrays, const LayerUnderTest<T>& layer);

}  // namespace wengert::conform
