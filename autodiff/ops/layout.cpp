// SPDX-License-Identifier: MIT
// The same numbers in another arrangement. broadcast_to and sum_to are each other's vjp.
#include <autodiff/kernels/broadcast.h>
#include <autodiff/kernels/permute.h>
#include <autodiff/kernels/reduce.h>
#include <autodiff/ops.h>
#include <autodiff/record.h>

#include <numeric>
#include <vector>

namespace wengert {

namespace {

// The axes of `from` along which `to`, which broadcasts to it, repeats.
AxisSet summed_axes(const Shape& to, const Shape& from) {
  AxisSet axes;
  const int extra = from.rank() - to.rank();
  for (int axis = 0; axis < from.rank(); ++axis) {
    if (axis < extra || (to[axis - extra] == 1 && from[axis] != 1)) axes.add(axis);
  }
  return axes;
}

}  // namespace

// y = x under another shape    dx = dy under the shape of x
template <class T>
Var<T> reshape(Var<T> x, const Shape& shape) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return reshape(std::move(dy), n.shape(0)); }}};
  if (x && shape == x.shape()) return x;
  return record_view<T>(Op::reshape, x, shape, rules);
}

// Axis i of y is axis order[i] of x    dx: the inverse order
template <class T>
Var<T> transpose(Var<T> x, std::span<const int> order) {
  static constexpr Rule<T> rules[] = {{.vjp = [](const Vjp<T>& n, Var<T> dy) {
    std::array<int, Shape::max_rank> inverse{};
    for (int i = 0; i < n.out_shape().rank(); ++i) {
      inverse[static_cast<std::size_t>(n.order()[static_cast<std::size_t>(i)])] = i;
    }
    return transpose(std::move(dy),
                     std::span<const int>(inverse).first(static_cast<std::size_t>(n.out_shape().rank())));
  }}};
  const int rank = x.shape().rank();
  if (static_cast<int>(order.size()) != rank) {
    throw ShapeError("transpose: " + std::to_string(order.size()) + " axes named, expected " +
                     std::to_string(rank) + " for shape " + to_string(x.shape()));
  }
  Axes(order).resolve("transpose", rank);  // each axis once
  Attributes<T> attributes;
  std::array<Index, Shape::max_rank> extents{};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const int axis = resolve_axis("transpose", order[i], rank);
    attributes.order[i] = static_cast<std::int8_t>(axis);
    extents[i] = x.shape()[axis];
  }
  return record<T>({.op = Op::transpose,
                    .inputs = {&x},
                    .shape = Shape(std::span(extents.data(), order.size())),
                    .attributes = attributes,
                    .compute =
                        [&](T* y) {
                          kernels::permute(x.shape(), std::span(attributes.order).first(order.size()),
                                           x.value().data(), y);
                        },
                    .vjp = rules});
}

template <class T>
Var<T> transpose(Var<T> x) {
  std::vector<int> reversed(static_cast<std::size_t>(x.shape().rank()));
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  return transpose(std::move(x), reversed);
}

// y = x repeated    dx = dy summed over what was repeated
template <class T>
Var<T> broadcast_to(Var<T> x, const Shape& shape) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy), n.shape(0)); }}};
  if (x && shape == x.shape()) return x;
  if (!broadcasts_to(x.shape(), shape)) {
    throw ShapeError("broadcast_to: shape " + to_string(x.shape()) + " does not broadcast to " +
                     to_string(shape));
  }
  return record<T>({.op = Op::broadcast_to,
                    .inputs = {&x},
                    .shape = shape,
                    .compute =
                        [&](T* y) {
                          kernels::broadcast<T>({x.value().data(), x.shape()}, shape, y);
                        },
                    .vjp = rules});
}

// y = x summed to a shape that broadcasts to that of x    dx = dy repeated
template <class T>
Var<T> sum_to(Var<T> x, const Shape& shape) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return broadcast_to(std::move(dy), n.shape(0)); }}};
  if (x && shape == x.shape()) return x;
  if (!broadcasts_to(shape, x.shape())) {
    throw ShapeError("sum_to: shape " + to_string(shape) + " does not broadcast to that of the input, " +
                     to_string(x.shape()));
  }
  const AxisSet summed = summed_axes(shape, x.shape());
  return record<T>({.op = Op::sum_to,
                    .inputs = {&x},
                    .shape = shape,
                    .attributes = {.axes = summed},
                    .compute = [&](T* y) { kernels::sum(x.shape(), summed, x.value().data(), T(1), y); },
                    .vjp = rules});
}

// On constants one sweep, which needs no memory for the product and is no op of its own; on a tape the two
// ops.
template <class T>
Var<T> sum_of_product(Var<T> a, Var<T> b, const Shape& shape) {
  const bool one_sweep = !a.on_tape() && !b.on_tape() && a.shape() == b.shape() && shape != a.shape() &&
                         broadcasts_to(shape, a.shape());
  if (!one_sweep) return sum_to(std::move(a) * std::move(b), shape);
  const AxisSet summed = summed_axes(shape, a.shape());
  return record<T>({.op = Op::sum_to,
                    .inputs = {&a, &b},
                    .shape = shape,
                    .attributes = {.axes = summed},
                    .compute = [&](T* y) {
                      kernels::sum_of_product(a.shape(), summed, a.value().data(), b.value().data(), y);
                    }});
}

#define WENGERT_INSTANTIATE(T)                             \
  template Var<T> reshape(Var<T>, const Shape&);           \
  template Var<T> transpose(Var<T>, std::span<const int>); \
  template Var<T> transpose(Var<T>);                       \
  template Var<T> broadcast_to(Var<T>, const Shape&);      \
  template Var<T> sum_to(Var<T>, const Shape&);            \
  template Var<T> sum_of_product(Var<T>, Var<T>, const Shape&);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
