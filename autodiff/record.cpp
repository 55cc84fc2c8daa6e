// SPDX-License-Identifier: MIT
#include <autodiff/finite.h>
#include <autodiff/record.h>
#include <autodiff/stopwatch.h>

#include <algorithm>
#include <cassert>

namespace wengert {
namespace {

// The union of what the rules read whose inputs need a gradient.
template <class T>
Reads needed_reads(const TapeState<T>& tape, const Recording<T>& r) {
  Reads reads;
  std::size_t i = 0;
  for (const Var<T>* input : r.inputs) {
    if (i == r.vjp.size()) break;
    const Rule<T>& rule = r.vjp[i++];
    if (rule.vjp != nullptr && input->on_tape() && tape.node(input->id()).needs_gradient)
      reads = reads | rule.reads;
  }
  return reads;
}

template <class T>
bool any_needs_gradient(const TapeState<T>& tape, const Recording<T>& r) {
  std::size_t i = 0;
  return std::ranges::any_of(r.inputs, [&](const Var<T>* input) {
    return i < r.vjp.size() && r.vjp[i++].vjp != nullptr && input->on_tape() &&
           tape.node(input->id()).needs_gradient;
  });
}

// The buffer of an input that dies with this call, or a fresh one. With keep_values no input dies: a constant
// is kept when its node is made, after the op.
template <class T>
Buffer output_buffer(const Recording<T>& r, bool keep_values) {
  if (info(r.op).kind == OpKind::elementwise && !keep_values) {
    for (const Var<T>* input : r.inputs) {
      if (input->shape() == r.shape && input->value().buffer().unique()) return input->value().buffer();
    }
  }
  return Buffer::allocate(static_cast<std::size_t>(r.shape.size()) * sizeof(T));
}

template <class T>
std::string where_made(const TapeState<T>& tape, const Recording<T>& r) {
  std::string text = std::string(info(r.op).name) + " %" + std::to_string(tape.next_id());
  if (tape.scope != 0) text += " in scope \"" + tape.scopes[static_cast<std::size_t>(tape.scope)].name + "\"";
  text += " of";
  for (const Var<T>* input : r.inputs) {
    text += " " + (input->on_tape() ? tape.describe(input->id()) : "a constant") + " " +
            to_string(input->shape());
  }
  return text + ": output";
}

}  // namespace

template <class T>
std::shared_ptr<TapeState<T>> common_tape(std::string_view op, std::span<const Var<T>* const> inputs) {
  const Var<T>* first = nullptr;
  for (const Var<T>* input : inputs) {
    if (!*input) throw TapeError(std::string(op) + ": an input has no value, expected a Var with one");
    if (!input->on_tape()) continue;
    if (first == nullptr) first = input;
    if (first->tape() != input->tape()) {
      throw TapeError(std::string(op) + ": inputs " + first->tape()->describe(first->id()) + " and " +
                      input->tape()->describe(input->id()) + " are on two tapes, expected one");
    }
  }
  return first == nullptr ? nullptr : first->tape();
}

template <class T>
NodeId node_for(TapeState<T>& tape, const Var<T>& v) {
  if (v.on_tape()) return v.id();
  Node<T> node;
  node.op = Op::constant;
  node.scope = tape.scope;
  node.backward = tape.backward;
  node.shape = v.shape();
  if (tape.keep_values) node.value = v.value().buffer();
  tape.nodes.push_back(std::move(node));
  return tape.next_id() - 1;
}

template <class T>
Var<T> record(const Recording<T>& r) {
  assert(r.inputs.size() <= Node<T>::max_inputs && (r.vjp.empty() || r.vjp.size() == r.inputs.size()));
  const std::span<const Var<T>* const> inputs(r.inputs.begin(), r.inputs.size());
  std::shared_ptr<TapeState<T>> tape = common_tape<T>(info(r.op).name, inputs);
  if (!tape) {
    Tensor<T> y(r.shape, output_buffer(r, false));
    if (!memory::account_only()) r.compute(static_cast<T*>(y.buffer().data()));
    return Var<T>(std::move(y));
  }

  Node<T> node;
  node.op = r.op;
  node.arity = static_cast<std::uint8_t>(r.inputs.size());
  node.needs_gradient = any_needs_gradient(*tape, r);
  node.backward = tape->backward;
  node.scope = tape->scope;
  node.shape = r.shape;
  node.attributes = r.attributes;
  node.rules = r.vjp.data();
  const Reads reads = needed_reads(*tape, r);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (reads.input(static_cast<int>(i))) node.saved_inputs[i] = inputs[i]->value().buffer();
  }

  const Stopwatch watch(tape->profile);
  Tensor<T> y(r.shape, output_buffer(r, tape->keep_values));
  if (!memory::account_only()) r.compute(static_cast<T*>(y.buffer().data()));
  node.forward_ns = watch.nanoseconds();
  if (tape->check_finite) expect_finite(y, where_made(*tape, r));

  if (reads.output()) node.saved_output = y.buffer();
  if (tape->keep_values) node.value = y.buffer();
  for (std::size_t i = 0; i < inputs.size(); ++i) node.inline_inputs[i] = node_for(*tape, *inputs[i]);
  tape->nodes.push_back(std::move(node));
  const NodeId id = tape->next_id() - 1;
  return Var<T>(std::move(y), std::move(tape), id);
}

template <class T>
Var<T> record_view(Op op, const Var<T>& x, const Shape& shape, std::span<const Rule<T>> vjp) {
  const Var<T>* input = &x;
  std::shared_ptr<TapeState<T>> tape = common_tape<T>(info(op).name, std::span(&input, 1));
  Tensor<T> y = x.value().reshaped(shape);
  if (!tape) return Var<T>(std::move(y));
  Node<T> node;
  node.op = op;
  node.arity = 1;
  node.needs_gradient = tape->node(x.id()).needs_gradient;
  node.backward = tape->backward;
  node.scope = tape->scope;
  node.shape = shape;
  node.rules = vjp.data();
  node.inline_inputs[0] = x.id();
  if (tape->keep_values) node.value = y.buffer();
  tape->nodes.push_back(std::move(node));
  const NodeId id = tape->next_id() - 1;
  return Var<T>(std::move(y), std::move(tape), id);
}

#define WENGERT_INSTANTIATE(T)                                                                          \
  template Var<T> record(const Recording<T>&);                                                          \
  template Var<T> record_view(Op, const Var<T>&, const Shape&, std::span<const Rule<T>>);               \
  template std::shared_ptr<TapeState<T>> common_tape(std::string_view, std::span<const Var<T>* const>); \
  template NodeId node_for(TapeState<T>&, const Var<T>&);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
