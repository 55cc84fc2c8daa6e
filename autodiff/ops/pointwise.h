// SPDX-License-Identifier: MIT
// How an elementwise op is recorded, given what it does to one element. For the files in this folder.
#pragma once

#include <autodiff/kernels/broadcast.h>
#include <autodiff/record.h>

#include <span>

namespace wengert {

/// y = f(x), with the op's scalar attribute if it has one.
template <class T, class F>
Var<T> pointwise(Op op, Var<T>& x, std::span<const Rule<T>> rules, F f, T scalar = T(0)) {
  return record<T>({.op = op,
                    .inputs = {&x},
                    .shape = x.shape(),
                    .attributes = {.scalar = scalar},
                    .compute = [&](T* y) { kernels::map(x.shape().size(), x.value().data(), y, f); },
                    .vjp = rules});
}

/// y = f(a, b), broadcast.
template <class T, class F>
Var<T> pointwise(Op op, Var<T>& a, Var<T>& b, std::span<const Rule<T>> rules, F f) {
  const Shape shape = broadcast(info(op).name, a.shape(), b.shape());
  return record<T>(
      {.op = op,
       .inputs = {&a, &b},
       .shape = shape,
       .compute =
           [&](T* y) {
             kernels::zip<T>({a.value().data(), a.shape()}, {b.value().data(), b.shape()}, shape, y, f);
           },
       .vjp = rules});
}

}  // namespace wengert
