// SPDX-License-Identifier: MIT
#include <layers/batch_norm_eval.h>
#include <layers/group_layout.h>
#include <layers/modules/batch_norm.h>
#include <layers/modules/norm_parts.h>

namespace wengert {

template <class T>
BatchNorm<T>::BatchNorm(BatchNormConfig config)
    : config_(config),
      running_("batch_norm", config.channels, config.momentum),
      gamma(full_parameter("gamma", config.affine, {config.channels}, T(1))),
      beta(full_parameter("beta", config.affine, {config.channels}, T(0))),
      form(config.form) {
  check_eps("batch_norm", config.eps);
}

template <class T>
BatchNormResult<T> BatchNorm<T>::forward(Var<T> x) const {
  expect_channels("batch_norm", x.shape(), config_.channel_axis, config_.channels);
  const OptionalVar<T> scale = leaf_if_there(x, gamma), shift = leaf_if_there(x, beta);
  const BatchNormOptions options{.eps = config_.eps, .channel_axis = config_.channel_axis};
  if (training_ || !config_.tracking) {
    return form == Form::staged ? staged::batch_norm<T>(std::move(x), scale, shift, options)
                                : fused::batch_norm<T>(std::move(x), scale, shift, options);
  }
  return form == Form::staged ? staged::batch_norm_eval<T>(std::move(x), scale, shift, running_.mean(),
                                                           running_.var(), options)
                              : fused::batch_norm_eval<T>(std::move(x), scale, shift, running_.mean(),
                                                          running_.var(), options);
}

template <class T>
void BatchNorm<T>::update(const BatchNormResult<T>& batch) {
  update(batch.mean, batch.var, batch.y.shape().size() / config_.channels);
}

template <class T>
void BatchNorm<T>::update(const Tensor<T>& mean, const Tensor<T>& var, Index count) {
  if (!training_) throw ValueError("batch_norm: update came in evaluation mode, expected training");
  if (config_.tracking) running_.update(mean, var, count);
}

template <class T>
std::vector<typename Module<T>::Entry> BatchNorm<T>::entries() {
  std::vector<typename Module<T>::Entry> out;
  this->add(out, gamma);
  this->add(out, beta);
  if (config_.tracking) add_running(out, running_);
  return out;
}

template class BatchNorm<float>;
template class BatchNorm<double>;
template class BatchNorm<long double>;

}  // namespace wengert
