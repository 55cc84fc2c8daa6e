// SPDX-License-Identifier: MIT
#include <layers/optimizers.h>

#include <cmath>

namespace wengert {
namespace {

void expect_rate(const char* op, const char* argument, double value) {
  if (!(std::isfinite(value) && value > 0)) throw_value(op, argument, value, "a finite number > 0");
}

void expect_decay(const char* op, const char* argument, double value) {
  if (!(value >= 0 && value < 1)) throw_value(op, argument, value, "a number from 0 to below 1");
}

template <class T>
std::vector<Tensor<T>> zeros_like(const std::vector<NamedParameter<T>>& parameters) {
  std::vector<Tensor<T>> out;
  for (const auto& [name, parameter] : parameters) out.push_back(Tensor<T>::zeros(parameter->shape()));
  return out;
}

}  // namespace

template <class T>
Optimizer<T>::Optimizer(std::vector<NamedParameter<T>> parameters) : parameters_(std::move(parameters)) {}

template <class T>
void Optimizer<T>::step(const Gradients<T>& gradients) {
  std::vector<Tensor<T>> all;  // first, so that a missing one stops the step before it began
  for (const auto& [name, parameter] : parameters_) all.push_back(gradients[*parameter]);
  begin_step();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Parameter<T>& parameter = *parameters_[i].parameter;
    parameter.assign(moved(i, parameter.value(), all[i]));
  }
}

template <class T>
Sgd<T>::Sgd(std::vector<NamedParameter<T>> parameters, SgdOptions options)
    : Optimizer<T>(std::move(parameters)), options_(options), velocity_(zeros_like(this->parameters_)) {
  expect_rate("sgd", "learning_rate", options.learning_rate);
  expect_decay("sgd", "momentum", options.momentum);
}

template <class T>
Tensor<T> Sgd<T>::moved(std::size_t i, const Tensor<T>& value, const Tensor<T>& gradient) {
  const T rate = static_cast<T>(options_.learning_rate), momentum = static_cast<T>(options_.momentum);
  Tensor<T> out = Tensor<T>::uninitialized(value.shape());
  T *to = out.mutable_data(), *velocity = velocity_[i].mutable_data();
  for (Index k = 0; k < value.size(); ++k) {
    velocity[k] = momentum * velocity[k] + gradient[k];
    to[k] = value[k] - rate * velocity[k];
  }
  return out;
}

template <class T>
Adam<T>::Adam(std::vector<NamedParameter<T>> parameters, AdamOptions options)
    : Optimizer<T>(std::move(parameters)),
      options_(options),
      first_(zeros_like(this->parameters_)),
      second_(zeros_like(this->parameters_)) {
  expect_rate("adam", "learning_rate", options.learning_rate);
  expect_decay("adam", "beta1", options.beta1);
  expect_decay("adam", "beta2", options.beta2);
  expect_rate("adam", "eps", options.eps);
}

template <class T>
Tensor<T> Adam<T>::moved(std::size_t i, const Tensor<T>& value, const Tensor<T>& gradient) {
  const double t = static_cast<double>(steps_);
  const T beta1 = static_cast<T>(options_.beta1), beta2 = static_cast<T>(options_.beta2);
  const T eps = static_cast<T>(options_.eps);
  const T rate = static_cast<T>(options_.learning_rate / (1 - std::pow(options_.beta1, t)));
  const T unbias = static_cast<T>(1 / (1 - std::pow(options_.beta2, t)));
  Tensor<T> out = Tensor<T>::uninitialized(value.shape());
  T *to = out.mutable_data(), *m = first_[i].mutable_data(), *v = second_[i].mutable_data();
  for (Index k = 0; k < value.size(); ++k) {
    const T g = gradient[k];
    m[k] = beta1 * m[k] + (1 - beta1) * g;
    v[k] = beta2 * v[k] + (1 - beta2) * g * g;
    to[k] = value[k] - rate * m[k] / (std::sqrt(v[k] * unbias) + eps);
  }
  return out;
}

#define WENGERT_INSTANTIATE(T) \
  template class Optimizer<T>; \
  template class Sgd<T>;       \
  template class Adam<T>;
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
