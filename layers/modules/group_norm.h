// SPDX-License-Identifier: MIT
// GroupNorm<T>: group normalisation with its parameters. docs/modules.md.
#pragma once

#include <layers/form.h>
#include <layers/group_norm.h>
#include <layers/modules/module.h>

namespace wengert {

struct GroupNormConfig {
  Index channels;
  int groups;  ///< divides channels
  double eps = 1e-5;
  int channel_axis = 1;
  bool affine = true;  ///< gamma and beta
  Form form = Form::fused;
};

template <class T>
class GroupNorm : public Module<T> {
  GroupNormConfig config_;

 public:
  /// Throws ValueError for fewer than one channel or group, and for eps negative or not finite; ShapeError
  /// for channels that the groups do not divide.
  explicit GroupNorm(GroupNormConfig config);

  Parameter<T> gamma;  ///< [C], starts at 1; absent without affine
  Parameter<T> beta;   ///< [C], starts at 0; absent without affine
  Form form;

  GroupNormResult<T> forward(Var<T> x) const;
  Var<T> operator()(Var<T> x) const { return forward(std::move(x)).y; }

  std::vector<typename Module<T>::Entry> entries() override;
};

}  // namespace wengert
