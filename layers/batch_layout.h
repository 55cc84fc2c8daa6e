// SPDX-License-Identifier: MIT
// How batch normalisation looks at its arguments, in training and in evaluation. For layers/ alone.
#pragma once

#include <autodiff/record.h>
#include <layers/batch_norm.h>
#include <layers/kernels/batch_norm.h>

#include <optional>
#include <string_view>
#include <vector>

namespace wengert {

struct BatchLayout {
  Shape channels;             ///< [C], of gamma, beta and the statistics
  Shape parameter;            ///< so that they broadcast against x: [C, 1, 1] for NCHW
  Axes others{};              ///< that are normalised over
  kernels::ChannelView view;  ///< [outer, C, inner]
};

/// Throws ShapeError for rank < 2 and a channel axis out of range, ValueError for eps negative or not finite.
BatchLayout batch_layout(std::string_view op, const Shape& x, BatchNormOptions options);

void expect_two_values(std::string_view op, const Shape& x, const BatchLayout& layout);

/// Throws ShapeError for a gamma or beta, Var or Tensor, of another shape than [C].
template <class Values>
void expect_affine(std::string_view op, const BatchLayout& layout, const std::optional<Values>& gamma,
                   const std::optional<Values>& beta) {
  if (gamma) expect_shape(op, "gamma", gamma->shape(), layout.channels);
  if (beta) expect_shape(op, "beta", beta->shape(), layout.channels);
}

/// The layout, with what training asks for as well: throws ShapeError for fewer than two values a channel.
template <class Values>
BatchLayout training_layout(std::string_view op, const Shape& x, const std::optional<Values>& gamma,
                            const std::optional<Values>& beta, BatchNormOptions options) {
  BatchLayout layout = batch_layout(op, x, options);
  expect_affine(op, layout, gamma, beta);
  expect_two_values(op, x, layout);
  return layout;
}

/// Throws TapeError when two of them are on different tapes.
template <class T>
void expect_one_tape(std::string_view op, const Var<T>& x, const std::optional<Var<T>>& gamma,
                     const std::optional<Var<T>>& beta) {
  std::vector<const Var<T>*> inputs{&x};
  if (gamma) inputs.push_back(&*gamma);
  if (beta) inputs.push_back(&*beta);
  common_tape<T>(op, inputs);
}

}  // namespace wengert
