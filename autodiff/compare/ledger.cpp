// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/compare/ledger.h>

#include <set>

namespace wengert {
namespace {

// One step, and what is looked at between the two passes.
template <class T, class Between>
std::size_t peak_of_step(const Layer<T>& layer, const std::vector<NamedTensor<T>>& inputs,
                         const Tensor<T>* given_dy, Between between) {
  memory::reset();
  const std::size_t before = memory::stats().live_bytes;
  Tape<T> tape;
  std::vector<Var<T>> leaves;
  for (const NamedTensor<T>& input : inputs) leaves.push_back(tape.leaf(input.value, input.name));
  const Var<T> y = layer(leaves);
  between(tape);
  // A cotangent that is made here is the caller's in a real step: it does not count.
  const std::size_t own_dy = given_dy == nullptr ? static_cast<std::size_t>(y.shape().size()) * sizeof(T) : 0;
  const std::size_t forward_peak = memory::stats().peak_bytes - before;
  memory::reset();
  const Tensor<T> dy = given_dy == nullptr ? Tensor<T>::uninitialized(y.shape()) : *given_dy;
  const Gradients<T> gradients = y.on_tape() ? backward(y, dy) : Gradients<T>();
  const std::size_t backward_peak = memory::stats().peak_bytes - before - own_dy;
  return std::max(forward_peak, backward_peak);
}

std::vector<LedgerEntry> entries_of(const Graph& graph) {
  std::vector<LedgerEntry> entries;
  std::set<int> seen;
  for (const GraphNode& node : graph.nodes) {
    for (const SavedTensor& saved : node.saved) {
      entries.push_back({.node = node.id,
                         .op = node.op,
                         .name = saved.name,
                         .shape = saved.shape,
                         .bytes = saved.bytes,
                         .held_by_caller = saved.held_by_caller,
                         .shared = !seen.insert(saved.buffer).second});
    }
  }
  return entries;
}

}  // namespace

template <class T>
Ledger measure_memory(const Layer<T>& layer, const std::vector<NamedTensor<T>>& inputs, const Tensor<T>& dy) {
  Ledger ledger;
  ledger.peak_bytes =
      peak_of_step<T>(layer, inputs, &dy, [&](const Tape<T>& tape) { ledger.graph = snapshot(tape); });
  ledger.op_nodes = op_count(ledger.graph);
  ledger.saved_bytes = saved_bytes(ledger.graph);
  ledger.entries = entries_of(ledger.graph);
  for (const LedgerEntry& entry : ledger.entries)
    ledger.held_bytes += entry.held_by_caller && !entry.shared ? entry.bytes : 0;
  std::vector<Shape> shapes;
  for (const NamedTensor<T>& input : inputs) shapes.push_back(input.value.shape());
  ledger.predicted_peak_bytes = predict_peak(layer, shapes);
  return ledger;
}

template <class T>
std::size_t predict_peak(const Layer<T>& layer, const std::vector<Shape>& inputs) {
  const memory::AccountOnly dry_run;
  std::vector<NamedTensor<T>> tensors;
  for (const Shape& shape : inputs) tensors.push_back({"", Tensor<T>::uninitialized(shape)});
  return peak_of_step<T>(layer, tensors, nullptr, [](const Tape<T>&) {});
}

#define WENGERT_INSTANTIATE(T)                                                                           \
  template Ledger measure_memory(const Layer<T>&, const std::vector<NamedTensor<T>>&, const Tensor<T>&); \
  template std::size_t predict_peak(const Layer<T>&, const std::vector<Shape>&);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)

}  // namespace wengert
