// SPDX-License-Identifier: MIT
// Parameter<T>: numbers that are learned. It outlives the tapes that it is used on, and on each it is one
// leaf, so that `grads[parameter]` is its whole gradient however often a network uses it.
#pragma once

#include <autodiff/tape.h>

#include <memory>
#include <string>

namespace wengert {

template <class T>
class Parameter {
 public:
  /// Without a value it is absent: a layer that does without it. An absent one cannot become a leaf.
  explicit Parameter(std::string name, Tensor<T> value = {});
  /// A copy is a parameter of its own: another leaf. A moved one stays the same.
  Parameter(const Parameter& other) : Parameter(other.name_, other.value_) {}
  Parameter(Parameter&&) noexcept = default;
  /// Values are given by `assign`, which checks.
  Parameter& operator=(const Parameter&) = delete;
  Parameter& operator=(Parameter&&) = delete;

  explicit operator bool() const { return static_cast<bool>(value_); }
  const std::string& name() const { return name_; }
  const Tensor<T>& value() const { return value_; }
  const Shape& shape() const { return value_.shape(); }

  /// Takes over new numbers; recorded ones never change. Throws ShapeError for another shape.
  void assign(Tensor<T> value);

  /// Told apart by this, whatever the numbers are.
  const std::shared_ptr<const void>& identity() const { return identity_; }

 private:
  std::string name_;
  Tensor<T> value_;
  std::shared_ptr<const void> identity_;
};

/// The leaf of `parameter` on the tape of `x`, a constant when x is one: layers need not ask.
template <class T>
Var<T> leaf_beside(const Var<T>& x, const Parameter<T>& parameter);

}  // namespace wengert
