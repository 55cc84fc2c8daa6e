// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <tools/draw/node_errors.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wengert {
namespace {

template <class T>
double largest_error(const T* narrow, const Wider<T>* wide, Index count) {
  using W = Wider<T>;
  W most = 0, squares = 0;
  for (Index i = 0; i < count; ++i) {
    const W error = std::abs(static_cast<W>(narrow[i]) - wide[i]);
    if (!(error <= most)) most = error;  // a NaN too
    squares += wide[i] * wide[i];
  }
  if (most == 0) return 0;
  const W scale = std::sqrt(squares / static_cast<W>(count));
  return static_cast<double>(most / (scale * std::numeric_limits<T>::epsilon() / 2));
}

}  // namespace

template <class T>
void measure_errors(Graph& graph, const Tape<T>& tape, const Tape<Wider<T>>& wide) {
  const auto& narrow_nodes = tape.state().nodes;
  const auto& wide_nodes = wide.state().nodes;
  for (GraphNode& node : graph.nodes) {
    const auto at = static_cast<std::size_t>(node.id);
    if (node.backward || at >= narrow_nodes.size()) continue;
    const Node<T>& narrow = narrow_nodes[at];
    if (!narrow.value) continue;
    if (at >= wide_nodes.size() || wide_nodes[at].name() != narrow.name() ||
        wide_nodes[at].shape != narrow.shape || !wide_nodes[at].value) {
      throw ValueError("measure_errors: node %" + std::to_string(node.id) +
                       " is another one on the wider tape, expected the same program with its values kept");
    }
    node.error =
        largest_error<T>(static_cast<const T*>(narrow.value.data()),
                         static_cast<const Wider<T>*>(wide_nodes[at].value.data()), narrow.shape.size());
  }
}

template void measure_errors(Graph&, const Tape<float>&, const Tape<double>&);
template void measure_errors(Graph&, const Tape<double>&, const Tape<long double>&);

}  // namespace wengert
