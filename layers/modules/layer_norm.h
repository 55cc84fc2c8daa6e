// SPDX-License-Identifier: MIT
// LayerNorm<T> and RmsNorm<T>: normalisation over the trailing axes with its parameters. docs/modules.md.
#pragma once

#include <layers/form.h>
#include <layers/layer_norm.h>
#include <layers/modules/module.h>
#include <layers/rms_norm.h>

namespace wengert {

struct LayerNormConfig {
  Shape normalized_shape;  ///< of the last axes of x
  double eps = 1e-5;
  bool affine = true;  ///< gamma
  bool bias = true;    ///< beta, if there is a gamma
  Form form = Form::fused;
};

template <class T>
class LayerNorm : public Module<T> {
  LayerNormConfig config_;

 public:
  /// Throws ShapeError for a normalized_shape without elements, ValueError for eps negative or not finite.
  explicit LayerNorm(LayerNormConfig config);

  Parameter<T> gamma;  ///< normalized_shape, starts at 1; absent without affine
  Parameter<T> beta;   ///< normalized_shape, starts at 0; absent without affine or bias
  Form form;

  /// Throws ShapeError unless x ends in normalized_shape.
  LayerNormResult<T> forward(Var<T> x) const;
  Var<T> operator()(Var<T> x) const { return forward(std::move(x)).y; }

  std::vector<typename Module<T>::Entry> entries() override;
};

struct RmsNormConfig {
  Shape normalized_shape;  ///< of the last axes of x
  double eps = 1e-5;
  bool affine = true;  ///< gamma
  Form form = Form::fused;
};

template <class T>
class RmsNorm : public Module<T> {
  RmsNormConfig config_;

 public:
  /// Throws as LayerNorm does.
  explicit RmsNorm(RmsNormConfig config);

  Parameter<T> gamma;  ///< normalized_shape, starts at 1; absent without affine
  Form form;

  RmsNormResult<T> forward(Var<T> x) const;
  Var<T> operator()(Var<T> x) const { return forward(std::move(x)).y; }

  std::vector<typename Module<T>::Entry> entries() override;
};

}  // namespace wengert
