// SPDX-License-Identifier: MIT
// Random tensors from a seed, the same on every machine (the standard distributions are not).
#pragma once

#include <autodiff/tensor.h>

#include <cstdint>
#include <random>

namespace wengert::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53;
  }

  /// The numbers are float32 numbers in every T, so that all types compute the same problem.
  template <class T>
  Tensor<T> tensor(const Shape& shape, double low = -1, double high = 1) {
    Tensor<T> out = Tensor<T>::uninitialized(shape);
    for (Index i = 0; i < out.size(); ++i) {
      out.mutable_data()[i] = static_cast<T>(static_cast<float>(uniform(low, high)));
    }
    return out;
  }

  /// Every number is at least `gap` away from every other one and from 0: no ties, no kinks.
  template <class T>
  Tensor<T> spread(const Shape& shape, double gap = 0.125) {
    std::vector<T> values;
    for (Index i = 0; i < shape.size(); ++i) {
      const double size = gap * (static_cast<double>(i) + 1 + uniform(-0.25, 0.25));
      values.push_back(static_cast<T>(static_cast<float>(i % 2 == 0 ? size : -size)));
    }
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[engine_() % i]);
    return Tensor<T>(shape, values);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace wengert::test
