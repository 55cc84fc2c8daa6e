// SPDX-License-Identifier: MIT
// What is compared: one layer in two forms, on named inputs.
#pragma once

#include <autodiff/compare/layer_form.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace wengert {

template <class T>
struct NamedTensor {
  std::string name;
  Tensor<T> value;
};

/// One term of a closed form: its share of the gradient of the input `of`, by the marks it stands for as
/// split_by_path names them; none for the direct term.
template <class T>
struct ClosedFormTerm {
  std::string of;
  std::vector<std::string> marks;
  Tensor<T> cotangent;
};

/// Two numbers that have to be equal: Σ dx = 0.
struct IdentityRow {
  std::string text;      ///< "Σ dx = 0 per channel"
  std::string of = {};   ///< the gradient it speaks of: "dx"
  double error = 0;      ///< largest |left − right|, relative to the size of the terms
  double allowance = 0;  ///< what rounding alone may make of it
  bool holds() const { return error <= allowance; }
};

/// What is known of the gradients of a layer beside their values, in the order of the inputs.
template <class T>
using Identities = std::function<std::vector<IdentityRow>(
    std::span<const Tensor<T>> inputs, const Tensor<T>& dy, std::span<const Tensor<T>> gradients)>;

template <class T>
using Terms =
    std::function<std::vector<ClosedFormTerm<T>>(std::span<const Tensor<T>> inputs, const Tensor<T>& dy)>;

template <class T>
struct Subject {
  std::string name;
  LayerForm<T> staged;  ///< its wide form is the truth that both are judged by: expected to be generic
  LayerForm<T> fused;
  std::vector<NamedTensor<T>> inputs;
  Terms<T> terms = {};            ///< of the closed form, where it can give them apart
  Identities<T> identities = {};  ///< judged for both forms
};

/// `staged` and `fused` are generic, `[](auto in) { return f(in[0], in[1]); }`, where `in` is a span of Vars.
template <class T, class Staged, class Fused>
Subject<T> make_subject(std::string name, std::vector<NamedTensor<T>> inputs, Staged staged, Fused fused) {
  using W = Wider<T>;
  const auto form = [](auto f) {
    Layer<W> wide;
    if constexpr (std::is_invocable_v<const decltype(f)&, std::span<const Var<W>>>) {
      wide = [f](std::span<const Var<W>> in) -> Var<W> { return f(in); };
    }
    return LayerForm<T>([f](std::span<const Var<T>> in) -> Var<T> { return f(in); }, std::move(wide));
  };
  return {.name = std::move(name),
          .staged = form(std::move(staged)),
          .fused = form(std::move(fused)),
          .inputs = std::move(inputs)};
}

}  // namespace wengert
