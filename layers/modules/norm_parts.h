// SPDX-License-Identifier: MIT
// What the normalising modules share: gamma and beta that may be absent, and running statistics as state.
#pragma once

#include <layers/modules/module.h>
#include <layers/modules/running_statistics.h>
#include <layers/optional_var.h>

#include <string>
#include <string_view>
#include <vector>

namespace wengert {

/// Throws ValueError for a count below 1: `what` names it.
void expect_positive(const std::string& op, std::string_view what, Index count);

/// Throws ShapeError unless `axis` of x has `channels`.
void expect_channels(std::string_view op, const Shape& x, int axis, Index channels);

/// The normalised shape of layer and RMS normalisation. Throws ShapeError for one that is empty or has an
/// axis without elements, ValueError for eps.
Shape checked_normalized_shape(const std::string& op, const Shape& shape, double eps);

/// Throws ShapeError unless x ends in `normalized_shape`.
void expect_trailing(std::string_view op, const Shape& x, const Shape& normalized_shape);

/// A parameter full of one value, or an absent one.
template <class T>
Parameter<T> full_parameter(std::string name, bool present, const Shape& shape, T value) {
  return Parameter<T>(std::move(name), present ? Tensor<T>::full(shape, value) : Tensor<T>());
}

template <class T>
OptionalVar<T> leaf_if_there(const Var<T>& x, const Parameter<T>& parameter) {
  return parameter ? OptionalVar<T>(leaf_beside(x, parameter)) : std::nullopt;
}

/// running_mean, running_var and num_batches_tracked, the number as a scalar.
template <class T>
void add_running(std::vector<typename Module<T>::Entry>& entries, RunningStatistics<T>& running);

}  // namespace wengert
