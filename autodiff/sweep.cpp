// SPDX-License-Identifier: MIT
#include <autodiff/finite.h>
#include <autodiff/ops.h>
#include <autodiff/sweep.h>

#include <cassert>

namespace wengert {
namespace {

template <class T>
std::string cotangent_name(const TapeState<T>& tape, NodeId id, NodeId input) {
  const Node<T>& node = tape.node(id);
  std::string text = "backward of " + std::string(node.name()) + " " + tape.describe(id);
  if (node.scope != 0) text += " in scope \"" + tape.scopes[static_cast<std::size_t>(node.scope)].name + "\"";
  return text + ": cotangent of its input " + tape.describe(input);
}

template <class T>
void check_cotangent(const TapeState<T>& tape, NodeId id, NodeId input, const Var<T>& cotangent) {
  if (tape.check_finite) expect_finite(cotangent.value(), cotangent_name(tape, id, input));
}

}  // namespace

template <class T>
void expect_saved(const TapeState<T>& tape, NodeId id) {
  const Node<T>& node = tape.node(id);
  if (!node.released) return;
  throw TapeError("backward: what " + std::string(node.name()) + " " + tape.describe(id) +
                  " saved was released by an earlier sweep, expected .keep_saved on that one");
}

template <class T>
bool passes_on(const TapeState<T>& tape, NodeId id, FunctionRef<bool(NodeId)> wanted) {
  const Node<T>& node = tape.node(id);
  for (std::size_t i = 0; node.needs_gradient && i < node.inputs().size(); ++i) {
    const NodeId input = node.inputs()[i];
    const bool has_rule = node.fused || node.rules[i].vjp != nullptr;
    if (has_rule && tape.node(input).needs_gradient && wanted(input)) return true;
  }
  return false;
}

template <class T>
void apply_rules(TapeState<T>& tape, NodeId id, Var<T> dy, const std::shared_ptr<TapeState<T>>& recording,
                 FunctionRef<bool(NodeId)> wanted, FunctionRef<void(NodeId, Var<T>)> deliver,
                 bool may_repeat) {
  const Node<T>& node = tape.node(id);
  const auto concerns = [&](std::size_t i) {
    const NodeId input = node.inline_inputs[i];
    return node.rules[i].vjp != nullptr && tape.node(input).needs_gradient && wanted(input);
  };
  std::size_t last = 0;
  for (std::size_t i = 0; i < node.arity; ++i) {
    if (concerns(i)) last = i;
  }
  const Vjp<T> view(tape, id, recording);
  for (std::size_t i = 0; i < node.arity; ++i) {
    if (!concerns(i)) continue;
    const NodeId input = node.inline_inputs[i];
    Var<T> cotangent =
        node.rules[i].vjp(view, i == last ? std::move(dy) : dy);  // the last rule may take dy over
    assert(broadcasts_to(cotangent.shape(), tape.node(input).shape));
    check_cotangent(tape, id, input, cotangent);
    if (recording || !may_repeat) cotangent = broadcast_to(std::move(cotangent), tape.node(input).shape);
    deliver(input, std::move(cotangent));
  }
}

template <class T>
void apply_closed_form(TapeState<T>& tape, NodeId id, const Tensor<T>& dy, FunctionRef<bool(NodeId)> wanted,
                       FunctionRef<void(NodeId, Var<T>)> deliver) {
  const FusedNode<T>& fused = *tape.node(id).fused;
  std::vector<Tensor<T>> cotangents = fused.vjp(fused.saved, dy);
  if (cotangents.size() != fused.inputs.size()) {
    throw ShapeError(fused.op + ": the closed form gave " + std::to_string(cotangents.size()) +
                     " cotangents, expected one for each of its " + std::to_string(fused.inputs.size()) +
                     " inputs");
  }
  for (std::size_t i = 0; i < cotangents.size(); ++i) {
    const NodeId input = fused.inputs[i];
    if (!tape.node(input).needs_gradient) continue;
    const std::string& name = fused.saved.inputs()[i].name;
    if (!cotangents[i]) {
      throw TapeError(fused.op + ": the closed form gave no cotangent of " + name +
                      ", which needs a gradient");
    }
    if (cotangents[i].shape() != tape.node(input).shape)  // or its text would be made in every sweep
      expect_shape(fused.op, "the cotangent of " + name, cotangents[i].shape(), tape.node(input).shape);
    if (!wanted(input)) continue;
    Var<T> cotangent(std::move(cotangents[i]));
    check_cotangent(tape, id, input, cotangent);
    deliver(input, std::move(cotangent));
  }
}

bool takes_repeated(Op op) {
  return op == Op::square || op == Op::neg || op == Op::add_scalar || op == Op::mul_scalar ||
         op == Op::div_scalar;
}

template <class T>
void expect_staged_form(const TapeState<T>& tape, NodeId id, std::string_view purpose) {
  const FusedNode<T>& fused = *tape.node(id).fused;
  if (fused.staged) return;
  throw TapeError(fused.op + " " + tape.describe(id) + ": has no staged form, expected one for " +
                  std::string(purpose) + "; its closed form answers first derivatives only");
}

template <class T>
void expect_staged_shape(const TapeState<T>& tape, NodeId id, const Var<T>& staged) {
  if (!staged) throw TapeError(tape.node(id).fused->op + ": the staged form gave no value");
  expect_shape(tape.node(id).fused->op, "the output of the staged form", staged.shape(), tape.node(id).shape);
}

template <class T>
Var<T> accumulate(Var<T> slot, Var<T> cotangent) {
  // add() takes over either buffer when nobody else holds it, and records when one of them is on a tape.
  return add(std::move(slot), std::move(cotangent));
}

#define WENGERT_INSTANTIATE(T)                                                                        \
  template void expect_saved(const TapeState<T>&, NodeId);                                            \
  template bool passes_on(const TapeState<T>&, NodeId, FunctionRef<bool(NodeId)>);                    \
  template void apply_rules(TapeState<T>&, NodeId, Var<T>, const std::shared_ptr<TapeState<T>>&,      \
                            FunctionRef<bool(NodeId)>, FunctionRef<void(NodeId, Var<T>)>, bool);      \
  template void apply_closed_form(TapeState<T>&, NodeId, const Tensor<T>&, FunctionRef<bool(NodeId)>, \
                                  FunctionRef<void(NodeId, Var<T>)>);                                 \
  template void expect_staged_form(const TapeState<T>&, NodeId, std::string_view);                    \
  template void expect_staged_shape(const TapeState<T>&, NodeId, const Var<T>&);                      \
  template Var<T> accumulate(Var<T>, Var<T>);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
