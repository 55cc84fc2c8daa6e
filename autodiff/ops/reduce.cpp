// SPDX-License-Identifier: MIT
// Sums, means and maxima over any axes. Their cotangent has the reduced shape: put the axes back, and it
// broadcasts to the input's.
#include <autodiff/kernels/reduce.h>
#include <autodiff/ops.h>
#include <autodiff/record.h>

namespace wengert {

using reads::in;
using reads::out;

namespace {

// A reduced tensor with its reduced axes back as extents of 1.
template <class T>
Var<T> with_kept_axes(const Vjp<T>& n, Var<T> reduced) {
  return reshape(std::move(reduced), reduced_shape(n.shape(0), n.axes(), keep_dims));
}

Index count(const Shape& shape, AxisSet axes) {
  Index n = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) n *= axes.contains(axis) ? shape[axis] : 1;
  return n;
}

Index count_or_throw(std::string_view op, const Shape& shape, AxisSet axes) {
  const Index n = count(shape, axes);
  if (n == 0) {
    throw ShapeError(std::string(op) + ": input has shape " + to_string(shape) +
                     " with nothing along the reduced axes, expected at least one element");
  }
  return n;
}

}  // namespace

// y = Σ x    dx = dy repeated
template <class T>
Var<T> sum(Var<T> x, Axes axes, KeepDims keep) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return with_kept_axes(n, std::move(dy)); }}};
  const AxisSet set = axes.resolve("sum", x.shape().rank());
  return record<T>({.op = Op::sum,
                    .inputs = {&x},
                    .shape = reduced_shape(x.shape(), set, keep),
                    .attributes = {.axes = set},
                    .compute = [&](T* y) { kernels::sum(x.shape(), set, x.value().data(), T(1), y); },
                    .vjp = rules});
}

// y = Σ x / n    dx = dy / n repeated
template <class T>
Var<T> mean(Var<T> x, Axes axes, KeepDims keep) {
  static constexpr Rule<T> rules[] = {{.vjp = [](const Vjp<T>& n, Var<T> dy) {
    const T divisor = static_cast<T>(count(n.shape(0), n.axes()));
    return with_kept_axes(n, std::move(dy) / divisor);
  }}};
  const AxisSet set = axes.resolve("mean", x.shape().rank());
  const T divisor = static_cast<T>(count_or_throw("mean", x.shape(), set));
  return record<T>({.op = Op::mean,
                    .inputs = {&x},
                    .shape = reduced_shape(x.shape(), set, keep),
                    .attributes = {.axes = set},
                    .compute = [&](T* y) { kernels::sum(x.shape(), set, x.value().data(), divisor, y); },
                    .vjp = rules});
}

// y = max x    dx = dy shared equally among the elements that attain the maximum
template <class T>
Var<T> max(Var<T> x, Axes axes, KeepDims keep) {
  static constexpr Rule<T> rules[] = {{.reads = in(0) | out, .vjp = [](const Vjp<T>& n, Var<T> dy) {
                                         Var<T> winners = equal(n.in(0), with_kept_axes(n, n.out()));
                                         const Shape kept = reduced_shape(n.shape(0), n.axes(), keep_dims);
                                         Var<T> share =
                                             with_kept_axes(n, std::move(dy)) / sum_to(winners, kept);
                                         return std::move(share) * std::move(winners);
                                       }}};
  const AxisSet set = axes.resolve("max", x.shape().rank());
  count_or_throw("max", x.shape(), set);
  return record<T>({.op = Op::max,
                    .inputs = {&x},
                    .shape = reduced_shape(x.shape(), set, keep),
                    .attributes = {.axes = set},
                    .compute = [&](T* y) { kernels::max(x.shape(), set, x.value().data(), y); },
                    .vjp = rules});
}

#define WENGERT_INSTANTIATE(T)                  \
  template Var<T> sum(Var<T>, Axes, KeepDims);  \
  template Var<T> mean(Var<T>, Axes, KeepDims); \
  template Var<T> max(Var<T>, Axes, KeepDims);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
