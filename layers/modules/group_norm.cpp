// SPDX-License-Identifier: MIT
#include <layers/group_layout.h>
#include <layers/modules/group_norm.h>
#include <layers/modules/norm_parts.h>

namespace wengert {
namespace {

GroupNormConfig checked(GroupNormConfig config) {
  check_eps("group_norm", config.eps);
  expect_positive("group_norm", "channels", config.channels);
  expect_positive("group_norm", "groups", config.groups);
  if (config.channels % config.groups != 0) {
    throw ShapeError("group_norm: " + std::to_string(config.channels) + " channels in " +
                     std::to_string(config.groups) + " groups, expected groups of one size");
  }
  return config;
}

}  // namespace

template <class T>
GroupNorm<T>::GroupNorm(GroupNormConfig config)
    : config_(checked(config)),
      gamma(full_parameter("gamma", config.affine, {config.channels}, T(1))),
      beta(full_parameter("beta", config.affine, {config.channels}, T(0))),
      form(config.form) {}

template <class T>
GroupNormResult<T> GroupNorm<T>::forward(Var<T> x) const {
  expect_channels("group_norm", x.shape(), config_.channel_axis, config_.channels);
  const OptionalVar<T> scale = leaf_if_there(x, gamma), shift = leaf_if_there(x, beta);
  const GroupNormOptions options{
      .groups = config_.groups, .eps = config_.eps, .channel_axis = config_.channel_axis};
  return form == Form::staged ? staged::group_norm<T>(std::move(x), scale, shift, options)
                              : fused::group_norm<T>(std::move(x), scale, shift, options);
}

template <class T>
std::vector<typename Module<T>::Entry> GroupNorm<T>::entries() {
  std::vector<typename Module<T>::Entry> out;
  this->add(out, gamma);
  this->add(out, beta);
  return out;
}

template class GroupNorm<float>;
template class GroupNorm<double>;
template class GroupNorm<long double>;

}  // namespace wengert
