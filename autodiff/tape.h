// SPDX-License-Identifier: MIT
// Tape<T>: the ordered record of the ops that were computed. A value you hold: no global, no thread-local
// state. Recording order is topological order. A tape is used by one thread at a time.
#pragma once

#include <autodiff/node.h>

#include <memory>
#include <string>
#include <string_view>

namespace wengert {

template <class T>
class Parameter;

template <class T>
class Tape {
 public:
  Tape() = default;
  /// The tape of a Var, for those who write layers.
  explicit Tape(std::shared_ptr<TapeState<T>> state) : state_(std::move(state)) {}

  /// An input whose gradient can be asked for. The label is for people: errors and graphs.
  Var<T> leaf(Tensor<T> value, std::string_view label = {});
  /// A parameter is the same leaf each time. Throws TapeError when its value has changed since the first.
  Var<T> leaf(const Parameter<T>& parameter);
  /// An input that has a place on the tape and needs no gradient: the data that a network starts from.
  Var<T> constant(Tensor<T> value, std::string_view label = {});

  /// Nanoseconds a node, forward and backward, from now on.
  void profile(bool on) { state_->profile = on; }
  /// Throws NonFiniteError at the first op, forward or backward, that makes a NaN or an infinity.
  void check_finite(bool on) { state_->check_finite = on; }
  /// Keeps the value of every node, for pictures with numbers.
  void keep_values(bool on) { state_->keep_values = on; }

  Index size() const { return static_cast<Index>(state_->nodes.size()); }
  const TapeState<T>& state() const { return *state_; }

 private:
  std::shared_ptr<TapeState<T>> state_ = std::make_shared<TapeState<T>>();
};

/// Names a recorded value: "μ_B". Nothing happens to a constant, so layers need not ask.
template <class T>
void label(const Var<T>& v, std::string_view text);

/// Marks a recorded value as a way point of a pathway: see split_by_path. Nothing happens to a constant.
template <class T>
void mark(const Var<T>& v, std::string_view name);

/// While it lives, what is recorded on the tape belongs to a stage of that name; scopes nest.
template <class T>
class Scope {
 public:
  Scope(std::shared_ptr<TapeState<T>> tape, std::string_view name);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  std::shared_ptr<TapeState<T>> tape_;
  int outer_ = 0;
};

/// Opens a stage on the tape of `v`: `auto stage = scope(x, "variance");`. Nothing happens for a constant.
template <class T>
[[nodiscard]] Scope<T> scope(const Var<T>& v, std::string_view name) {
  return Scope<T>(v.tape(), name);
}

}  // namespace wengert
