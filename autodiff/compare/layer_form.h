// SPDX-License-Identifier: MIT
// One form of a layer as something to call, in the type that is compared and, where it can, in the next wider
// one.
#pragma once

#include <autodiff/var.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>

namespace wengert {

/// The next wider type, in which a form serves as the reference.
template <class T>
using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

template <class T>
using Layer = std::function<Var<T>(std::span<const Var<T>>)>;

namespace layer_form {

inline constexpr std::size_t most_inputs = 8;

template <class T, class F, std::size_t... Is>
constexpr bool takes(std::index_sequence<Is...>) {
  return std::is_invocable_r_v<Var<T>, const F&, decltype((void(Is), std::declval<const Var<T>&>()))...>;
}

/// How many Vars `F` takes one by one; 0 when it takes none up to most_inputs.
template <class T, class F, std::size_t n = 1>
constexpr std::size_t arity() {
  if constexpr (n > most_inputs) {
    return 0;
  } else if constexpr (takes<T, F>(std::make_index_sequence<n>())) {
    return n;
  } else {
    return arity<T, F, n + 1>();
  }
}

/// Throws ShapeError unless as many inputs came as the callable takes.
void expect_inputs(std::size_t came, std::size_t expected);

template <class T, class F>
Layer<T> positional(F f) {
  constexpr std::size_t n = arity<T, F>();
  if constexpr (n == 0) {
    return {};
  } else {
    return [f = std::move(f)](std::span<const Var<T>> in) {
      expect_inputs(in.size(), n);
      return [&]<std::size_t... Is>(std::index_sequence<Is...>)->Var<T> { return f(in[Is]...); }
      (std::make_index_sequence<n>());
    };
  }
}

}  // namespace layer_form

/// A callable of Vars. A generic one, `[](auto x, auto gamma) { … }`, also runs in the next wider type; one
/// written for Var<T> alone does not. A callable of a span of Vars serves as well, when it names its type.
template <class T>
class LayerForm {
 public:
  LayerForm() = default;

  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, LayerForm>) LayerForm(F f) {
    if constexpr (layer_form::arity<T, F>() > 0) {
      narrow_ = layer_form::positional<T>(f);
      wide_ = layer_form::positional<Wider<T>>(std::move(f));
    } else {
      narrow_ = std::move(f);
    }
  }
  LayerForm(Layer<T> narrow, Layer<Wider<T>> wide) : narrow_(std::move(narrow)), wide_(std::move(wide)) {}

  explicit operator bool() const { return static_cast<bool>(narrow_); }
  Var<T> operator()(std::span<const Var<T>> in) const { return narrow_(in); }
  const Layer<T>& narrow() const { return narrow_; }
  /// Empty for a callable that knows one type only.
  const Layer<Wider<T>>& wide() const { return wide_; }

 private:
  Layer<T> narrow_;
  Layer<Wider<T>> wide_;
};

}  // namespace wengert
