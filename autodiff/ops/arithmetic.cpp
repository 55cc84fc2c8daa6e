// SPDX-License-Identifier: MIT
// + - * / with broadcasting: the cotangent of a repeated argument is summed back to its shape.
#include <autodiff/kernels/broadcast.h>
#include <autodiff/ops.h>
#include <autodiff/record.h>

namespace wengert {

using reads::in;
using reads::out;

namespace {

template <class T, class F>
Var<T> binary(Op op, Var<T>& a, Var<T>& b, std::span<const Rule<T>> rules, F f) {
  return record<T>({.op = op,
                    .inputs = {&a, &b},
                    .shape = broadcast(info(op).name, a.shape(), b.shape()),
                    .compute =
                        [&](T* y) {
                          kernels::zip<T>({a.value().data(), a.shape()}, {b.value().data(), b.shape()},
                                          broadcast(info(op).name, a.shape(), b.shape()), y, f);
                        },
                    .vjp = rules});
}

template <class T, class F>
Var<T> with_scalar(Op op, Var<T>& x, T s, std::span<const Rule<T>> rules, F f) {
  return record<T>({.op = op,
                    .inputs = {&x},
                    .shape = x.shape(),
                    .attributes = {.scalar = s},
                    .compute = [&](T* y) { kernels::map(x.shape().size(), x.value().data(), y, f); },
                    .vjp = rules});
}

}  // namespace

// y = a + b    da = dy    db = dy
template <class T>
Var<T> add(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy), n.shape(0)); }},
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy), n.shape(1)); }}};
  return binary<T>(Op::add, a, b, rules, [](T p, T q) { return p + q; });
}

// y = a - b    da = dy    db = -dy
template <class T>
Var<T> sub(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy), n.shape(0)); }},
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return neg(sum_to(std::move(dy), n.shape(1))); }}};
  return binary<T>(Op::sub, a, b, rules, [](T p, T q) { return p - q; });
}

// y = a * b    da = dy * b    db = dy * a
template <class T>
Var<T> mul(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.reads = in(1),
       .vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy) * n.in(1), n.shape(0)); }},
      {.reads = in(0),
       .vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy) * n.in(0), n.shape(1)); }}};
  return binary<T>(Op::mul, a, b, rules, [](T p, T q) { return p * q; });
}

// y = a / b    da = dy / b    db = -dy * y / b
template <class T>
Var<T> div(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.reads = in(1),
       .vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy) / n.in(1), n.shape(0)); }},
      {.reads = in(1) | out, .vjp = [](const Vjp<T>& n, Var<T> dy) {
         return neg(sum_to(std::move(dy) * n.out() / n.in(1), n.shape(1)));
       }}};
  return binary<T>(Op::div, a, b, rules, [](T p, T q) { return p / q; });
}

// y = -x    dx = -dy
template <class T>
Var<T> neg(Var<T> x) {
  static constexpr Rule<T> rules[] = {{.vjp = [](const Vjp<T>&, Var<T> dy) { return neg(std::move(dy)); }}};
  return with_scalar<T>(Op::neg, x, T(0), rules, [](T v) { return -v; });
}

// y = x + s    dx = dy
template <class T>
Var<T> add_scalar(Var<T> x, std::type_identity_t<T> s) {
  static constexpr Rule<T> rules[] = {{.vjp = [](const Vjp<T>&, Var<T> dy) { return dy; }}};
  return with_scalar<T>(Op::add_scalar, x, s, rules, [s](T v) { return v + s; });
}

// y = s * x    dx = s * dy
template <class T>
Var<T> mul_scalar(Var<T> x, std::type_identity_t<T> s) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return mul_scalar(std::move(dy), n.scalar()); }}};
  return with_scalar<T>(Op::mul_scalar, x, s, rules, [s](T v) { return s * v; });
}

// y = x / s    dx = dy / s
template <class T>
Var<T> div_scalar(Var<T> x, std::type_identity_t<T> s) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return div_scalar(std::move(dy), n.scalar()); }}};
  return with_scalar<T>(Op::div_scalar, x, s, rules, [s](T v) { return v / s; });
}

#define WENGERT_INSTANTIATE(T)                                 \
  template Var<T> add(Var<T>, Var<T>);                         \
  template Var<T> sub(Var<T>, Var<T>);                         \
  template Var<T> mul(Var<T>, Var<T>);                         \
  template Var<T> div(Var<T>, Var<T>);                         \
  template Var<T> neg(Var<T>);                                 \
  template Var<T> add_scalar(Var<T>, std::type_identity_t<T>); \
  template Var<T> mul_scalar(Var<T>, std::type_identity_t<T>); \
  template Var<T> div_scalar(Var<T>, std::type_identity_t<T>);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
