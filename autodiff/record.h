// SPDX-License-Identifier: MIT
// record(): how an op gets computed and onto the tape. For those who write ops; users call the ops.
#pragma once

#include <autodiff/function_ref.h>
#include <autodiff/tape.h>

#include <initializer_list>
#include <span>

namespace wengert {

template <class T>
struct Recording {
  Op op;
  std::initializer_list<Var<T>*> inputs;  ///< the op's own by-value parameters; at most Node::max_inputs
  Shape shape;                            ///< of the output
  Attributes<T> attributes{};
  /// Writes the output. `y` may be the memory of an input of the same shape (see `take_over`).
  FunctionRef<void(T* y)> compute;
  std::span<const Rule<T>> vjp = {};  ///< one an input, of static lifetime; empty: not differentiable
};

/// Allocates the output, runs `compute`, and puts a node on the tape of the inputs, if any of them is on one.
///
/// Saved is the union of what the rules of those inputs read that need a gradient. An elementwise op whose
/// input has the shape of the output, and whose buffer nobody else holds after the saves, writes into that
/// buffer. Throws TapeError for inputs on two tapes, NonFiniteError with check_finite; the tape stays as it
/// was.
template <class T>
Var<T> record(const Recording<T>& r);

/// For an op that only looks at the numbers of its input another way: the output shares them.
template <class T>
Var<T> record_view(Op op, const Var<T>& x, const Shape& shape, std::span<const Rule<T>> vjp);

/// The tape of those inputs that are on one; null when none is. Throws TapeError naming two that differ.
template <class T>
std::shared_ptr<TapeState<T>> common_tape(std::string_view op, std::span<const Var<T>* const> inputs);

/// The node of `v`, or a new constant node for it. A constant's numbers are not kept.
template <class T>
NodeId node_for(TapeState<T>& tape, const Var<T>& v);

}  // namespace wengert
