// SPDX-License-Identifier: MIT
// Optimisers: from the gradients of a sweep to new values of the parameters.
#pragma once

#include <autodiff/gradients.h>
#include <layers/modules/module.h>

#include <cstdint>
#include <vector>

namespace wengert {

template <class T>
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One step. Throws TapeError for a parameter that is no leaf of the tape; nothing has changed then.
  void step(const Gradients<T>& gradients);

 protected:
  /// The parameters stay where they are as long as the optimiser is used.
  explicit Optimizer(std::vector<NamedParameter<T>> parameters);
  /// The next value of parameter i.
  virtual Tensor<T> moved(std::size_t i, const Tensor<T>& value, const Tensor<T>& gradient) = 0;
  /// Before the first parameter of a step.
  virtual void begin_step() {}

  std::vector<NamedParameter<T>> parameters_;
};

/// velocity = momentum·velocity + g    p −= learning_rate·velocity
struct SgdOptions {
  double learning_rate = 0.1;  ///< finite and > 0
  double momentum = 0.9;       ///< in [0, 1)
};

template <class T>
class Sgd : public Optimizer<T> {
 public:
  /// Throws ValueError for an option out of its range.
  explicit Sgd(std::vector<NamedParameter<T>> parameters, SgdOptions options = {});

 private:
  Tensor<T> moved(std::size_t i, const Tensor<T>& value, const Tensor<T>& gradient) override;

  SgdOptions options_;
  std::vector<Tensor<T>> velocity_;
};

/// m = beta1·m + (1 − beta1)·g    v = beta2·v + (1 − beta2)·g²
/// p −= learning_rate·m̂ / (√v̂ + eps),  m̂ = m / (1 − beta1^t),  v̂ = v / (1 − beta2^t)
/// Kingma, Ba 2015, arXiv:1412.6980.
struct AdamOptions {
  double learning_rate = 1e-3;  ///< finite and > 0
  double beta1 = 0.9;           ///< in [0, 1)
  double beta2 = 0.999;         ///< in [0, 1)
  double eps = 1e-8;            ///< finite and > 0
};

template <class T>
class Adam : public Optimizer<T> {
 public:
  /// Throws ValueError for an option out of its range.
  explicit Adam(std::vector<NamedParameter<T>> parameters, AdamOptions options = {});

 private:
  Tensor<T> moved(std::size_t i, const Tensor<T>& value, const Tensor<T>& gradient) override;
  void begin_step() override { ++steps_; }

  AdamOptions options_;
  std::vector<Tensor<T>> first_, second_;
  std::int64_t steps_ = 0;
};

}  // namespace wengert
