// SPDX-License-Identifier: MIT
#include <autodiff/compare/random_numbers.h>

#include <cmath>
#include <numbers>
#include <random>

namespace wengert {

template <class T>
Tensor<T> random_normal(const Shape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Tensor<T> out = Tensor<T>::uninitialized(shape);
  T* to = out.mutable_data();
  for (Index i = 0; i < out.size(); ++i) {
    // Box-Muller by hand: std::normal_distribution differs between standard libraries.
    const double uniform = (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
    const double angle = 2 * std::numbers::pi * static_cast<double>(random() >> 11) * 0x1p-53;
    to[i] = static_cast<T>(std::sqrt(-2 * std::log(uniform)) * std::cos(angle));
  }
  return out;
}

template <class T>
Tensor<T> random_cotangent(const Shape& shape, std::uint64_t seed) {
  return random_normal<T>(shape, ~seed);
}

template <class T>
Tensor<Wider<T>> disturbed(const Tensor<Wider<T>>& x, std::uint64_t seed) {
  using W = Wider<T>;
  constexpr W u = std::numeric_limits<T>::epsilon() / W(2);
  std::mt19937_64 random(seed);
  Tensor<W> out = Tensor<W>::uninitialized(x.shape());
  W* to = out.mutable_data();
  for (Index i = 0; i < x.size(); ++i) {
    const auto part = static_cast<W>(static_cast<double>(random()) / 0x1p63 - 1.0);
    to[i] = x[i] * (W(1) + part * u);
  }
  return out;
}

#define WENGERT_INSTANTIATE(T)                                   \
  template Tensor<T> random_normal(const Shape&, std::uint64_t); \
  template Tensor<T> random_cotangent(const Shape&, std::uint64_t);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

template Tensor<double> disturbed<float>(const Tensor<double>&, std::uint64_t);
template Tensor<long double> disturbed<double>(const Tensor<long double>&, std::uint64_t);

}  // namespace wengert
