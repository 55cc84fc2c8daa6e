// SPDX-License-Identifier: MIT
#include <layers/modules/linear.h>
#include <layers/modules/norm_parts.h>

#include <cmath>
#include <random>

namespace wengert {
namespace {

LinearConfig checked(LinearConfig config) {
  expect_positive("linear", "in", config.in);
  expect_positive("linear", "out", config.out);
  return config;
}

// Uniform in ±1/√in. The standard distributions differ between libraries, the engine does not; the numbers
// are those of float32, so that every T starts from the same ones.
template <class T>
Tensor<T> first_weights(const LinearConfig& config, const Shape& shape, std::uint64_t seed) {
  const double limit = 1 / std::sqrt(static_cast<double>(config.in));
  std::mt19937_64 engine(seed);
  Tensor<T> out = Tensor<T>::uninitialized(shape);
  T* to = out.mutable_data();
  for (Index i = 0; i < out.size(); ++i) {
    const double unit = static_cast<double>(engine() >> 11) * 0x1p-53;
    to[i] = static_cast<T>(static_cast<float>((2 * unit - 1) * limit));
  }
  return out;
}

}  // namespace

template <class T>
Linear<T>::Linear(LinearConfig config)
    : config_(checked(config)),
      weight("weight", first_weights<T>(config, {config.out, config.in}, config.seed)),
      bias("bias", config.bias ? first_weights<T>(config, {config.out}, ~config.seed) : Tensor<T>()),
      form(config.form) {}

template <class T>
Var<T> Linear<T>::forward(Var<T> x) const {
  const Var<T> w = leaf_beside(x, weight);
  const OptionalVar<T> b = leaf_if_there(x, bias);
  return form == Form::staged ? staged::linear<T>(std::move(x), w, b) : fused::linear<T>(std::move(x), w, b);
}

template <class T>
std::vector<typename Module<T>::Entry> Linear<T>::entries() {
  std::vector<typename Module<T>::Entry> out;
  this->add(out, weight);
  this->add(out, bias);
  return out;
}

template class Linear<float>;
template class Linear<double>;
template class Linear<long double>;

}  // namespace wengert
