// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/compare/ledger.h>

namespace wengert {

template <class T>
Ledger measure_memory(const Layer<T>& layer, const std::vector<NamedTensor<T>>& inputs, const Tensor<T>& dy) {
  Ledger ledger;
  memory::reset();
  const std::size_t before = memory::stats().live_bytes;
  Tape<T> tape;
  std::vector<Var<T>> leaves;
  for (const NamedTensor<T>& input : inputs) leaves.push_back(tape.leaf(input.value, input.name));
  const Var<T> y = layer(leaves);
  ledger.graph = snapshot(tape);
  const Gradients<T> gradients = backward(y, dy);
  ledger.peak_bytes = memory::stats().peak_bytes - before;
  ledger.op_nodes = op_count(ledger.graph);
  ledger.saved_bytes = saved_bytes(ledger.graph);
  return ledger;
}

template Ledger measure_memory(const Layer<float>&, const std::vector<NamedTensor<float>>&,
                               const Tensor<float>&);
template Ledger measure_memory(const Layer<double>&, const std::vector<NamedTensor<double>>&,
                               const Tensor<double>&);

}  // namespace wengert
