// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <layers/batch_norm_eval.h>
#include <layers/group_layout.h>
#include <layers/modules/instance_norm.h>
#include <layers/modules/norm_parts.h>

namespace wengert {
namespace {

// [N, C] -> [C]
template <class T>
Tensor<T> averaged(const Tensor<T>& statistic) {
  return mean(Var<T>(statistic), {0}).value();
}

}  // namespace

template <class T>
InstanceNorm<T>::InstanceNorm(InstanceNormConfig config)
    : config_(config),
      running_("instance_norm", config.channels, config.momentum),
      gamma(full_parameter("gamma", config.affine, {config.channels}, T(1))),
      beta(full_parameter("beta", config.affine, {config.channels}, T(0))),
      form(config.form) {
  check_eps("instance_norm", config.eps);
}

template <class T>
InstanceNormResult<T> InstanceNorm<T>::forward(Var<T> x) const {
  expect_channels("instance_norm", x.shape(), config_.channel_axis, config_.channels);
  const OptionalVar<T> scale = leaf_if_there(x, gamma), shift = leaf_if_there(x, beta);
  if (training_ || !config_.tracking) {
    const InstanceNormOptions options{.eps = config_.eps, .channel_axis = config_.channel_axis};
    return form == Form::staged ? staged::instance_norm<T>(std::move(x), scale, shift, options)
                                : fused::instance_norm<T>(std::move(x), scale, shift, options);
  }
  // With given statistics every element goes its own way, as in batch normalisation.
  const BatchNormOptions options{.eps = config_.eps, .channel_axis = config_.channel_axis};
  const auto given = form == Form::staged ? staged::batch_norm_eval<T> : fused::batch_norm_eval<T>;
  BatchNormResult<T> r = given(std::move(x), scale, shift, running_.mean(), running_.var(), options);
  return {std::move(r.y), std::move(r.mean), std::move(r.var), std::move(r.inv_std)};
}

template <class T>
void InstanceNorm<T>::update(const InstanceNormResult<T>& batch) {
  if (!training_) throw ValueError("instance_norm: update came in evaluation mode, expected training");
  if (!config_.tracking) return;
  const Index instances = batch.mean.shape()[0];
  expect_positive("instance_norm", "the number of instances", instances);
  running_.update(averaged(batch.mean), averaged(batch.var),
                  batch.y.shape().size() / (config_.channels * instances));
}

template <class T>
std::vector<typename Module<T>::Entry> InstanceNorm<T>::entries() {
  std::vector<typename Module<T>::Entry> out;
  this->add(out, gamma);
  this->add(out, beta);
  if (config_.tracking) add_running(out, running_);
  return out;
}

template class InstanceNorm<float>;
template class InstanceNorm<double>;
template class InstanceNorm<long double>;

}  // namespace wengert
