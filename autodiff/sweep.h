// SPDX-License-Identifier: MIT
// One step of a sweep, shared by backward() and split_by_path(): from the cotangent of a node to those of its
// inputs. For the engine's own use.
#pragma once

#include <autodiff/function_ref.h>
#include <autodiff/node.h>

namespace wengert {

/// Whether node `id` keeps (or never needed) what its rules read.
/// Throws TapeError naming it when a sweep has released it.
template <class T>
void expect_saved(const TapeState<T>& tape, NodeId id);

/// Whether a cotangent of node `id` goes on to any input that is wanted.
template <class T>
bool passes_on(const TapeState<T>& tape, NodeId id, FunctionRef<bool(NodeId)> wanted);

/// Calls deliver(input, cotangent) for every input that needs a gradient and is wanted. `recording` is the
/// tape when the step is to be recorded, else null. With may_repeat, and nothing recorded, a cotangent may be
/// smaller than its input: it broadcasts to it, and the repeated numbers need never be written.
template <class T>
void apply_rules(TapeState<T>& tape, NodeId id, Var<T> dy, const std::shared_ptr<TapeState<T>>& recording,
                 FunctionRef<bool(NodeId)> wanted, FunctionRef<void(NodeId, Var<T>)> deliver,
                 bool may_repeat = false);

/// Whether the rules of `op` take a dy that only broadcasts to the output's shape.
bool takes_repeated(Op op);

/// The same by the closed form of a fused node.
template <class T>
void apply_closed_form(TapeState<T>& tape, NodeId id, const Tensor<T>& dy, FunctionRef<bool(NodeId)> wanted,
                       FunctionRef<void(NodeId, Var<T>)> deliver);

/// Throws TapeError naming the fused node when it has no staged form.
template <class T>
void expect_staged_form(const TapeState<T>& tape, NodeId id, std::string_view purpose);

/// Throws TapeError unless the staged form of node `id` gave a value of the node's shape.
template <class T>
void expect_staged_shape(const TapeState<T>& tape, NodeId id, const Var<T>& staged);

/// slot + cotangent; in place when nobody else holds the numbers of `slot` and nothing is recorded.
template <class T>
Var<T> accumulate(Var<T> slot, Var<T> cotangent);

}  // namespace wengert
