// SPDX-License-Identifier: MIT
#include <autodiff/kernels/matmul.h>
#include <autodiff/ops.h>
#include <autodiff/record.h>

namespace wengert {

using reads::in;

// y = a b    da = dy bᵀ    db = aᵀ dy
template <class T>
Var<T> matmul(Var<T> a, Var<T> b) {
  static constexpr Rule<T> rules[] = {
      {.reads = in(1),
       .vjp = [](const Vjp<T>& n, Var<T> dy) { return matmul(std::move(dy), transpose(n.in(1))); }},
      {.reads = in(0),
       .vjp = [](const Vjp<T>& n, Var<T> dy) { return matmul(transpose(n.in(0)), std::move(dy)); }}};
  if (a.shape().rank() != 2 || b.shape().rank() != 2 || a.shape()[1] != b.shape()[0]) {
    throw ShapeError("matmul: inputs have shapes " + to_string(a.shape()) + " and " + to_string(b.shape()) +
                     ", expected [m, k] and [k, n]");
  }
  const Index m = a.shape()[0];
  const Index k = a.shape()[1];
  const Index n = b.shape()[1];
  return record<T>({.op = Op::matmul,
                    .inputs = {&a, &b},
                    .shape = {m, n},
                    .compute = [&](T* y) { kernels::matmul(m, k, n, a.value().data(), b.value().data(), y); },
                    .vjp = rules});
}

template Var<float> matmul(Var<float>, Var<float>);
template Var<double> matmul(Var<double>, Var<double>);
template Var<long double> matmul(Var<long double>, Var<long double>);

}  // namespace wengert
