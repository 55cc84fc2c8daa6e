// SPDX-License-Identifier: MIT
// How often the staged form of a norm takes a mean off x. For layers/ alone.
#pragma once

#include <autodiff/ops.h>

namespace wengert {

enum class Centring {
  once,
  /// And mean(c), which is zero but for what the first mean was rounded by, off c = x − mean(x): the same
  /// function with the same derivatives, whose error does not grow with mean/std. A fused node stands for
  /// itself by this one beyond first derivatives, since its closed form keeps a mean of twice the precision.
  twice
};

/// c − mean(c), on the same path as the mean of x.
template <class T>
Var<T> centred_again(Var<T> c, const Axes& axes) {
  const Var<T> rest = mean(c, axes, keep_dims);
  mark(rest, "mean");
  return std::move(c) - rest;
}

}  // namespace wengert
