// SPDX-License-Identifier: MIT
// Functions that choose: kinks, comparisons, masks. A mask is computed, never differentiated.
#include <autodiff/kernels/broadcast.h>
#include <autodiff/ops.h>
#include <autodiff/ops/pointwise.h>
#include <autodiff/record.h>

#include <cmath>

namespace wengert {

using reads::in;
using reads::out;

namespace {

template <class T>
Var<T> zero() {
  return Var<T>(Tensor<T>::scalar(T(0)));
}

// dy where `loser` < `winner`, half of it where they tie.
template <class T>
Var<T> winners_share(Var<T> dy, const Var<T>& loser, const Var<T>& winner) {
  Var<T> tied = select(equal(loser, winner), dy * T(0.5), zero<T>());
  return select(less(loser, winner), std::move(dy), std::move(tied));
}

}  // namespace

// y = max(x, 0)    dx = dy where y != 0
template <class T>
Var<T> relu(Var<T> x) {
  static constexpr Rule<T> rules[] = {{.reads = out, .vjp = [](const Vjp<T>& n, Var<T> dy) {
                                         return select(n.out(), std::move(dy), zero<T>());
                                       }}};
  return pointwise<T>(Op::relu, x, rules, [](T v) { return v < T(0) ? T(0) : v; });  // a NaN stays
}

// y = |x|    dx = dy sign(x)
template <class T>
Var<T> abs(Var<T> x) {
  static constexpr Rule<T> rules[] = {
      {.reads = in(0), .vjp = [](const Vjp<T>& n, Var<T> dy) { return std::move(dy) * sign(n.in(0)); }}};
  return pointwise<T>(Op::abs, x, rules, [](T v) { return std::abs(v); });
}

// y = max(a, b)    da = dy where a > b, dy/2 where a = b; likewise db. A NaN wins.
template <class T>
Var<T> maximum(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.reads = in(0) | in(1),
       .vjp = [](const Vjp<T>& n,
                 Var<T> dy) { return sum_to(winners_share(std::move(dy), n.in(1), n.in(0)), n.shape(0)); }},
      {.reads = in(0) | in(1), .vjp = [](const Vjp<T>& n, Var<T> dy) {
         return sum_to(winners_share(std::move(dy), n.in(0), n.in(1)), n.shape(1));
       }}};
  return pointwise<T>(Op::maximum, a, b, rules, [](T p, T q) { return p > q || std::isnan(p) ? p : q; });
}

// y = min(a, b)    da = dy where a < b, dy/2 where a = b; likewise db. A NaN wins.
template <class T>
Var<T> minimum(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.reads = in(0) | in(1),
       .vjp = [](const Vjp<T>& n,
                 Var<T> dy) { return sum_to(winners_share(std::move(dy), n.in(0), n.in(1)), n.shape(0)); }},
      {.reads = in(0) | in(1), .vjp = [](const Vjp<T>& n, Var<T> dy) {
         return sum_to(winners_share(std::move(dy), n.in(1), n.in(0)), n.shape(1));
       }}};
  return pointwise<T>(Op::minimum, a, b, rules, [](T p, T q) { return p < q || std::isnan(p) ? p : q; });
}

// y = mask != 0 ? a : b    da = dy where mask != 0    db = dy elsewhere
template <class T>
Var<T> select(Var<T> mask, Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {},
      {.reads = in(0),
       .vjp = [](const Vjp<T>& n,
                 Var<T> dy) { return sum_to(select(n.in(0), std::move(dy), zero<T>()), n.shape(1)); }},
      {.reads = in(0), .vjp = [](const Vjp<T>& n, Var<T> dy) {
         return sum_to(select(n.in(0), zero<T>(), std::move(dy)), n.shape(2));
       }}};
  const Shape shape = broadcast("select", broadcast("select", mask.shape(), a.shape()), b.shape());
  return record<T>({.op = Op::select,
                    .inputs = {&mask, &a, &b},
                    .shape = shape,
                    .compute =
                        [&](T* y) {
                          kernels::zip<T>({mask.value().data(), mask.shape()}, {a.value().data(), a.shape()},
                                          {b.value().data(), b.shape()}, shape, y,
                                          [](T m, T p, T q) { return m != T(0) ? p : q; });
                        },
                    .vjp = rules});
}

template <class T>
Var<T> sign(Var<T> x) {
  return pointwise<T>(Op::sign, x, {}, [](T v) { return v > T(0) ? T(1) : v < T(0) ? T(-1) : v; });
}

template <class T>
Var<T> equal(Var<T> a, Var<T> b) {
  return pointwise<T>(Op::equal, a, b, {}, [](T p, T q) { return p == q ? T(1) : T(0); });
}

template <class T>
Var<T> less(Var<T> a, Var<T> b) {
  return pointwise<T>(Op::less, a, b, {}, [](T p, T q) { return p < q ? T(1) : T(0); });
}

template <class T>
Var<T> less_equal(Var<T> a, Var<T> b) {
  return pointwise<T>(Op::less_equal, a, b, {}, [](T p, T q) { return p <= q ? T(1) : T(0); });
}

#define WENGERT_INSTANTIATE(T)                    \
  template Var<T> relu(Var<T>);                   \
  template Var<T> abs(Var<T>);                    \
  template Var<T> maximum(Var<T>, Var<T>);        \
  template Var<T> minimum(Var<T>, Var<T>);        \
  template Var<T> select(Var<T>, Var<T>, Var<T>); \
  template Var<T> sign(Var<T>);                   \
  template Var<T> equal(Var<T>, Var<T>);          \
  template Var<T> less(Var<T>, Var<T>);           \
  template Var<T> less_equal(Var<T>, Var<T>);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
