// SPDX-License-Identifier: MIT
#include <layers/modules/layer_norm.h>
#include <layers/modules/norm_parts.h>

namespace wengert {

template <class T>
LayerNorm<T>::LayerNorm(LayerNormConfig config)
    : config_(config),
      gamma(full_parameter("gamma", config.affine,
                           checked_normalized_shape("layer_norm", config.normalized_shape, config.eps),
                           T(1))),
      beta(full_parameter("beta", config.affine && config.bias, config.normalized_shape, T(0))),
      form(config.form) {}

template <class T>
LayerNormResult<T> LayerNorm<T>::forward(Var<T> x) const {
  expect_trailing("layer_norm", x.shape(), config_.normalized_shape);
  const OptionalVar<T> scale = leaf_if_there(x, gamma), shift = leaf_if_there(x, beta);
  const LayerNormOptions options{.eps = config_.eps, .normalized_axes = config_.normalized_shape.rank()};
  return form == Form::staged ? staged::layer_norm<T>(std::move(x), scale, shift, options)
                              : fused::layer_norm<T>(std::move(x), scale, shift, options);
}

template <class T>
std::vector<typename Module<T>::Entry> LayerNorm<T>::entries() {
  std::vector<typename Module<T>::Entry> out;
  this->add(out, gamma);
  this->add(out, beta);
  return out;
}

template <class T>
RmsNorm<T>::RmsNorm(RmsNormConfig config)
    : config_(config),
      gamma(full_parameter("gamma", config.affine,
                           checked_normalized_shape("rms_norm", config.normalized_shape, config.eps), T(1))),
      form(config.form) {}

template <class T>
RmsNormResult<T> RmsNorm<T>::forward(Var<T> x) const {
  expect_trailing("rms_norm", x.shape(), config_.normalized_shape);
  const OptionalVar<T> scale = leaf_if_there(x, gamma);
  const RmsNormOptions options{.eps = config_.eps, .normalized_axes = config_.normalized_shape.rank()};
  return form == Form::staged ? staged::rms_norm<T>(std::move(x), scale, options)
                              : fused::rms_norm<T>(std::move(x), scale, options);
}

template <class T>
std::vector<typename Module<T>::Entry> RmsNorm<T>::entries() {
  std::vector<typename Module<T>::Entry> out;
  this->add(out, gamma);
  return out;
}

#define WENGERT_INSTANTIATE(T) \
  template class LayerNorm<T>; \
  template class RmsNorm<T>;
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
