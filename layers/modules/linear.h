// SPDX-License-Identifier: MIT
// Linear<T>: y = x·weightᵀ + bias with its parameters. docs/modules.md.
#pragma once

#include <layers/form.h>
#include <layers/linear.h>
#include <layers/modules/module.h>

#include <cstdint>

namespace wengert {

struct LinearConfig {
  Index in;
  Index out;
  bool bias = true;
  std::uint64_t seed = 1;  ///< of the first weights: the same on every machine
  Form form = Form::fused;
};

template <class T>
class Linear : public Module<T> {
  LinearConfig config_;

 public:
  /// weight and bias start uniform in ±1/√in, as PyTorch's do. Throws ValueError for in or out below 1.
  explicit Linear(LinearConfig config);

  Parameter<T> weight;  ///< [out, in]
  Parameter<T> bias;    ///< [out]; absent without bias
  Form form;

  /// x: [N, in]. Throws ShapeError for another shape.
  Var<T> forward(Var<T> x) const;
  Var<T> operator()(Var<T> x) const { return forward(std::move(x)); }

  std::vector<typename Module<T>::Entry> entries() override;
};

}  // namespace wengert
