// SPDX-License-Identifier: MIT
// + - * / with broadcasting: the cotangent of a repeated argument is summed back to its shape.
#include <autodiff/ops.h>
#include <autodiff/ops/pointwise.h>

namespace wengert {

using reads::in;
using reads::out;

// y = a + b    da = dy    db = dy
template <class T>
Var<T> add(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy), n.shape(0)); }},
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy), n.shape(1)); }}};
  return pointwise<T>(Op::add, a, b, rules, [](T p, T q) { return p + q; });
}

// y = a - b    da = dy    db = -dy
template <class T>
Var<T> sub(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_to(std::move(dy), n.shape(0)); }},
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return neg(sum_to(std::move(dy), n.shape(1))); }}};
  return pointwise<T>(Op::sub, a, b, rules, [](T p, T q) { return p - q; });
}

// y = a * b    da = dy * b    db = dy * a
template <class T>
Var<T> mul(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.reads = in(1),
       .vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_of_product(std::move(dy), n.in(1), n.shape(0)); }},
      {.reads = in(0),
       .vjp = [](const Vjp<T>& n, Var<T> dy) { return sum_of_product(std::move(dy), n.in(0), n.shape(1)); }}};
  return pointwise<T>(Op::mul, a, b, rules, [](T p, T q) { return p * q; });
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
  return pointwise<T>(Op::div, a, b, rules, [](T p, T q) { return p / q; });
}

// y = -x    dx = -dy
template <class T>
Var<T> neg(Var<T> x) {
  static constexpr Rule<T> rules[] = {{.vjp = [](const Vjp<T>&, Var<T> dy) { return neg(std::move(dy)); }}};
  return pointwise<T>(Op::neg, x, rules, [](T v) { return -v; });
}

// y = x + s    dx = dy
template <class T>
Var<T> add_scalar(Var<T> x, std::type_identity_t<T> s) {
  static constexpr Rule<T> rules[] = {{.vjp = [](const Vjp<T>&, Var<T> dy) { return dy; }}};
  return pointwise<T>(
      Op::add_scalar, x, rules, [s](T v) { return v + s; }, s);
}

// y = s * x    dx = s * dy
template <class T>
Var<T> mul_scalar(Var<T> x, std::type_identity_t<T> s) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return mul_scalar(std::move(dy), n.scalar()); }}};
  return pointwise<T>(
      Op::mul_scalar, x, rules, [s](T v) { return s * v; }, s);
}

// y = x / s    dx = dy / s
template <class T>
Var<T> div_scalar(Var<T> x, std::type_identity_t<T> s) {
  static constexpr Rule<T> rules[] = {
      {.vjp = [](const Vjp<T>& n, Var<T> dy) { return div_scalar(std::move(dy), n.scalar()); }}};
  return pointwise<T>(
      Op::div_scalar, x, rules, [s](T v) { return v / s; }, s);
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
