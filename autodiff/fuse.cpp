// SPDX-License-Identifier: MIT
#include <autodiff/finite.h>
#include <autodiff/fuse.h>
#include <autodiff/record.h>
#include <autodiff/stopwatch.h>

namespace wengert {

template <class T>
Var<T> fuse(Fusion<T> fusion) {
  if (!fusion.forward)
    throw ValueError(fusion.op + ": has no forward, expected a function that computes the value");
  if (!fusion.vjp) throw ValueError(fusion.op + ": has no vjp, expected a closed form of the gradient");
  std::vector<const Var<T>*> inputs;
  inputs.reserve(fusion.inputs.size());
  for (const NamedVar<T>& input : fusion.inputs) inputs.push_back(&input.var);
  const std::shared_ptr<TapeState<T>> tape = common_tape<T>(fusion.op, inputs);

  std::vector<typename Saved<T>::Entry> entries;
  std::vector<bool> needs_gradient;
  entries.reserve(inputs.size() + 4);  // and what `forward` saves
  needs_gradient.reserve(inputs.size());
  for (const NamedVar<T>& input : fusion.inputs) {
    entries.push_back({input.name, input.var.value()});
    needs_gradient.push_back(input.var.on_tape() && tape->node(input.var.id()).needs_gradient);
  }
  const bool any = std::ranges::find(needs_gradient, true) != needs_gradient.end();
  Saved<T> saved(std::move(entries), std::move(needs_gradient));

  const Stopwatch watch(tape && tape->profile);
  Tensor<T> y = fusion.forward(saved);
  const std::int64_t forward_ns = watch.nanoseconds();
  if (!y) throw ShapeError(fusion.op + ": forward gave no value, expected a tensor");
  if (!tape) return Var<T>(std::move(y));
  if (tape->check_finite) expect_finite(y, fusion.op + " %" + std::to_string(tape->next_id()) + ": output");

  Node<T> node;
  node.op = Op::fused;
  node.needs_gradient = any;
  node.backward = tape->backward;
  node.scope = tape->scope;
  node.shape = y.shape();
  node.forward_ns = forward_ns;
  if (tape->keep_values) node.value = y.buffer();
  std::vector<NodeId> ids;
  ids.reserve(inputs.size());
  for (const NamedVar<T>& input : fusion.inputs) ids.push_back(node_for(*tape, input.var));
  if (!any) saved.drop();
  node.fused = std::make_unique<FusedNode<T>>(FusedNode<T>{std::move(fusion.op), std::move(ids),
                                                           std::move(saved), std::move(fusion.vjp),
                                                           std::move(fusion.staged), std::move(fusion.text)});
  tape->nodes.push_back(std::move(node));
  return Var<T>(std::move(y), tape, tape->next_id() - 1);
}

template Var<float> fuse(Fusion<float>);
template Var<double> fuse(Fusion<double>);
template Var<long double> fuse(Fusion<long double>);

}  // namespace wengert
