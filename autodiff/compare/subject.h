// SPDX-License-Identifier: MIT
// What is compared: one layer in two forms, on named inputs.
#pragma once

#include <autodiff/var.h>

#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace wengert {

/// The next wider type, in which the staged form serves as the reference.
template <class T>
using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

template <class T>
using Layer = std::function<Var<T>(std::span<const Var<T>>)>;

template <class T>
struct NamedTensor {
  std::string name;
  Tensor<T> value;
};

template <class T>
struct Subject {
  std::string name;
  std::vector<NamedTensor<T>> inputs;
  Layer<T> staged;
  Layer<T> fused;
  Layer<Wider<T>> reference;  ///< the staged form in the wider type
};

/// `staged` and `fused` are generic, `[](auto in) { return f(in[0], in[1]); }`, where `in` is a span of Vars:
/// the staged one also runs in the next wider type.
template <class T, class Staged, class Fused>
Subject<T> make_subject(std::string name, std::vector<NamedTensor<T>> inputs, Staged staged, Fused fused) {
  return {.name = std::move(name),
          .inputs = std::move(inputs),
          .staged = [staged](std::span<const Var<T>> in) { return staged(in); },
          .fused = [fused](std::span<const Var<T>> in) { return fused(in); },
          .reference = [staged](std::span<const Var<Wider<T>>> in) { return staged(in); }};
}

}  // namespace wengert
