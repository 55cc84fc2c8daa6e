// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/split_by_path.h>
#include <tools/draw/overlay_graph.h>

namespace wengert {
namespace {

template <class T>
std::vector<PathPart> path_parts(const Var<T>& y, const Tensor<T>& dy, const Var<T>& leaf) {
  std::vector<PathPart> parts;
  try {
    for (const PathClass<T>& path : split_by_path(y, dy, leaf)) {
      PathPart part{.marks = path.marks, .cotangent = {}};
      for (Index i = 0; i < path.cotangent.size(); ++i)
        part.cotangent.push_back(static_cast<double>(path.cotangent[i]));
      parts.push_back(std::move(part));
    }
  } catch (const Error&) {
    parts.clear();  // a gradient that cannot be split is drawn whole
  }
  return parts;
}

}  // namespace

template <class T>
Graph overlay_graph(const Tape<T>& tape, const Var<T>& y, const Tensor<T>& dy, GraphOptions options) {
  const Gradients<T> gradients = backward(y, dy, {.keep_saved = true, .keep_cotangents = true});
  Graph graph = snapshot(tape, gradients, options);
  for (GraphNode& node : graph.nodes) {
    if (node.op != "leaf" || node.shape.size() > options.most_values || !node.has_cotangent) continue;
    const Node<T>& leaf = y.tape()->node(node.id);
    node.by_path = path_parts(y, dy, Var<T>(Tensor<T>(leaf.shape, leaf.value), y.tape(), node.id));
  }
  return graph;
}

#define WENGERT_INSTANTIATE(T) \
  template Graph overlay_graph(const Tape<T>&, const Var<T>&, const Tensor<T>&, GraphOptions);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
