// SPDX-License-Identifier: MIT
// What a gradient check asks of a function: gradients in T, how far rounding moves them, values in V. For the
// files in this folder.
#pragma once

#include <autodiff/compare/random_numbers.h>
#include <autodiff/compare/run_form.h>

#include <cmath>
#include <optional>
#include <vector>

namespace wengert {

template <class T, class V>
class CheckedFunction {
 public:
  CheckedFunction(Layer<T> gradient_form, Layer<V> value_form, const std::vector<NamedTensor<T>>& inputs)
      : form_(std::move(gradient_form)), values_(std::move(value_form)), inputs_(inputs) {
    for (const NamedTensor<T>& input : inputs) at_.emplace_back(input.value.template cast<V>());
    value_ = values_(at_).value();
  }

  const std::vector<NamedTensor<T>>& inputs() const { return inputs_; }
  const Tensor<V>& value() const { return value_; }
  const Tensor<V>& input(std::size_t i) const { return at_[i].value(); }

  /// The value with input `i` in place of its own.
  Tensor<V> value_at(std::size_t i, Tensor<V> moved) const {
    std::vector<Var<V>> at = at_;
    at[i] = Var<V>(std::move(moved));
    return values_(at).value();
  }

  FormRun<T> run() const { return FormRun<T>(form_, inputs_); }

  /// A run on inputs that are off by one rounding.
  FormRun<T> run_disturbed(std::uint64_t seed) const {
    std::vector<NamedTensor<T>> moved;
    for (const NamedTensor<T>& input : inputs_) moved.push_back({input.name, shaken(input.value, ++seed)});
    return FormRun<T>(form_, moved);
  }

  /// Every number of x multiplied by 1 − ε, 1 or 1 + ε.
  static Tensor<T> shaken(const Tensor<T>& x, std::uint64_t seed) {
    const Tensor<T> random = random_normal<T>(x.shape(), seed);
    Tensor<T> out = x.clone();
    for (Index i = 0; i < x.size(); ++i) {
      const T step = random[i] < T(-0.5) ? T(-1) : random[i] > T(0.5) ? T(1) : T(0);
      out.mutable_data()[i] = x[i] * (T(1) + step * std::numeric_limits<T>::epsilon());
    }
    return out;
  }

  /// What input `i` is moved by, for a step of 1: its root mean square, or 1 where it is zero.
  double size_of(std::size_t i) const {
    long double squares = 0;
    for (const V v : input(i).values()) squares += static_cast<long double>(v) * static_cast<long double>(v);
    const auto n = static_cast<long double>(std::max<Index>(input(i).size(), 1));
    const auto rms = static_cast<double>(std::sqrt(squares / n));
    return rms > 0 && std::isfinite(rms) ? rms : 1.0;
  }

 private:
  Layer<T> form_;
  Layer<V> values_;
  std::vector<NamedTensor<T>> inputs_;
  std::vector<Var<V>> at_;
  Tensor<V> value_;
};

}  // namespace wengert
