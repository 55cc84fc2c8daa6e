// SPDX-License-Identifier: MIT
// Smooth functions of one argument.
#include <autodiff/ops.h>
#include <autodiff/ops/pointwise.h>

#include <cmath>

namespace wengert {

using reads::in;
using reads::out;

// y = x^p    dx = dy * p x^(p-1), and 0 for p = 0 even where x^(p-1) is infinite
template <class T>
Var<T> pow(Var<T> x, std::type_identity_t<T> p) {
  static constexpr Rule<T> rules[] = {{.reads = in(0), .vjp = [](const Vjp<T>& n, Var<T> dy) {
                                         const T e = n.scalar();
                                         if (e == T(0)) return std::move(dy) * T(0);
                                         return std::move(dy) * (pow(n.in(0), e - T(1)) * e);
                                       }}};
  return pointwise<T>(
      Op::pow, x, rules, [p](T v) { return std::pow(v, p); }, p);
}

// y = x^2    dx = 2 x dy
template <class T>
Var<T> square(Var<T> x) {
  static constexpr Rule<T> rules[] = {{.reads = in(0), .vjp = [](const Vjp<T>& n, Var<T> dy) {
                                         if (dy.shape() != n.shape(0))
                                           return (std::move(dy) * T(2)) *
                                                  n.in(0);  // it repeats: scale the few
                                         return std::move(dy) * n.in(0) * T(2);
                                       }}};
  return pointwise<T>(Op::square, x, rules, [](T v) { return v * v; });
}

// y = √x    dx = dy / (2 y)
template <class T>
Var<T> sqrt(Var<T> x) {
  static constexpr Rule<T> rules[] = {
      {.reads = out, .vjp = [](const Vjp<T>& n, Var<T> dy) { return std::move(dy) / n.out() * T(0.5); }}};
  return pointwise<T>(Op::sqrt, x, rules, [](T v) { return std::sqrt(v); });
}

// y = 1/√x    dx = -dy y^3 / 2
template <class T>
Var<T> rsqrt(Var<T> x) {
  static constexpr Rule<T> rules[] = {{.reads = out, .vjp = [](const Vjp<T>& n, Var<T> dy) {
                                         return std::move(dy) * (square(n.out()) * n.out()) * T(-0.5);
                                       }}};
  return pointwise<T>(Op::rsqrt, x, rules, [](T v) { return T(1) / std::sqrt(v); });
}

// y = 1/x    dx = -dy y^2
template <class T>
Var<T> reciprocal(Var<T> x) {
  static constexpr Rule<T> rules[] = {
      {.reads = out, .vjp = [](const Vjp<T>& n, Var<T> dy) { return neg(std::move(dy) * square(n.out())); }}};
  return pointwise<T>(Op::reciprocal, x, rules, [](T v) { return T(1) / v; });
}

// y = e^x    dx = dy y
template <class T>
Var<T> exp(Var<T> x) {
  static constexpr Rule<T> rules[] = {
      {.reads = out, .vjp = [](const Vjp<T>& n, Var<T> dy) { return std::move(dy) * n.out(); }}};
  return pointwise<T>(Op::exp, x, rules, [](T v) { return std::exp(v); });
}

// y = ln x    dx = dy / x
template <class T>
Var<T> log(Var<T> x) {
  static constexpr Rule<T> rules[] = {
      {.reads = in(0), .vjp = [](const Vjp<T>& n, Var<T> dy) { return std::move(dy) / n.in(0); }}};
  return pointwise<T>(Op::log, x, rules, [](T v) { return std::log(v); });
}

// y = tanh x    dx = dy (1 - y^2)
template <class T>
Var<T> tanh(Var<T> x) {
  static constexpr Rule<T> rules[] = {{.reads = out, .vjp = [](const Vjp<T>& n, Var<T> dy) {
                                         return std::move(dy) * (T(1) - square(n.out()));
                                       }}};
  return pointwise<T>(Op::tanh, x, rules, [](T v) { return std::tanh(v); });
}

// y = 1/(1 + e^-x)    dx = dy y (1 - y)
template <class T>
Var<T> sigmoid(Var<T> x) {
  static constexpr Rule<T> rules[] = {{.reads = out, .vjp = [](const Vjp<T>& n, Var<T> dy) {
                                         return std::move(dy) * (n.out() * (T(1) - n.out()));
                                       }}};
  return pointwise<T>(Op::sigmoid, x, rules, [](T v) {
    const T e = std::exp(-std::abs(v));  // never overflows
    return v < T(0) ? e / (T(1) + e) : T(1) / (T(1) + e);
  });
}

#define WENGERT_INSTANTIATE(T)                          \
  template Var<T> pow(Var<T>, std::type_identity_t<T>); \
  template Var<T> square(Var<T>);                       \
  template Var<T> sqrt(Var<T>);                         \
  template Var<T> rsqrt(Var<T>);                        \
  template Var<T> reciprocal(Var<T>);                   \
  template Var<T> exp(Var<T>);                          \
  template Var<T> log(Var<T>);                          \
  template Var<T> tanh(Var<T>);                         \
  template Var<T> sigmoid(Var<T>);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
