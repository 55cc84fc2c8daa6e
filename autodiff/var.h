// SPDX-License-Identifier: MIT
// Var<T>: the cheap handle users compute with: a value, plus a place on a tape or on none (a constant).
#pragma once

#include <autodiff/tensor.h>

#include <cstdint>
#include <memory>
#include <type_traits>

namespace wengert {

using NodeId = std::int32_t;
inline constexpr NodeId no_node = -1;

template <class T>
struct TapeState;

template <class T>
class Var {
 public:
  /// No value at all: false in a condition.
  Var() = default;
  /// A constant: on no tape. Ops on constants just compute.
  Var(Tensor<T> value) : value_(std::move(value)) {}
  /// A recorded value. For the engine; users get these from Tape::leaf and from ops.
  Var(Tensor<T> value, std::shared_ptr<TapeState<T>> tape, NodeId id)
      : value_(std::move(value)), tape_(std::move(tape)), id_(id) {}

  explicit operator bool() const { return static_cast<bool>(value_); }
  const Tensor<T>& value() const { return value_; }
  const Shape& shape() const { return value_.shape(); }

  bool on_tape() const { return tape_ != nullptr; }
  /// Position on the tape, or no_node.
  NodeId id() const { return id_; }
  /// A Var shares ownership of its tape, so it never outlives it.
  const std::shared_ptr<TapeState<T>>& tape() const { return tape_; }

  // Scalars go through std::type_identity, so that `x * 2.0` works for every T. By value: the buffer of a
  // temporary may be taken over by the op.
  using Scalar = std::type_identity_t<T>;
  friend Var operator+(Var a, Var b) { return add(std::move(a), std::move(b)); }
  friend Var operator-(Var a, Var b) { return sub(std::move(a), std::move(b)); }
  friend Var operator*(Var a, Var b) { return mul(std::move(a), std::move(b)); }
  friend Var operator/(Var a, Var b) { return div(std::move(a), std::move(b)); }
  friend Var operator-(Var a) { return neg(std::move(a)); }
  friend Var operator+(Var a, Scalar s) { return add_scalar(std::move(a), s); }
  friend Var operator+(Scalar s, Var a) { return add_scalar(std::move(a), s); }
  friend Var operator-(Var a, Scalar s) { return add_scalar(std::move(a), -s); }
  friend Var operator-(Scalar s, Var a) { return add_scalar(neg(std::move(a)), s); }
  friend Var operator*(Var a, Scalar s) { return mul_scalar(std::move(a), s); }
  friend Var operator*(Scalar s, Var a) { return mul_scalar(std::move(a), s); }
  friend Var operator/(Var a, Scalar s) { return div_scalar(std::move(a), s); }
  friend Var operator/(Scalar s, Var a) { return mul_scalar(reciprocal(std::move(a)), s); }

 private:
  Tensor<T> value_;
  std::shared_ptr<TapeState<T>> tape_;
  NodeId id_ = no_node;
};

}  // namespace wengert
