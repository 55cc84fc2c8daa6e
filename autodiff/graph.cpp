// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <autodiff/graph.h>

#include <unordered_set>

namespace wengert {

int op_count(const Graph& graph) {
  int ops = 0;
  for (const GraphNode& node : graph.nodes) {
    if (node.op != "leaf" && node.op != "constant") ops += node.ops;
  }
  return ops;
}

std::size_t saved_bytes(const Graph& graph) {
  std::unordered_set<int> counted;
  for (const GraphNode& node : graph.nodes) {
    for (const SavedTensor& saved : node.saved) {
      if (saved.held_by_caller && saved.buffer >= 0) counted.insert(saved.buffer);
    }
  }
  std::size_t bytes = 0;
  for (const GraphNode& node : graph.nodes) {
    for (const SavedTensor& saved : node.saved) {
      if (saved.held_by_caller) continue;
      if (saved.buffer < 0 || counted.insert(saved.buffer).second) bytes += saved.bytes;
    }
  }
  return bytes;
}

std::string scope_path(const Graph& graph, int scope) {
  std::string path;
  while (scope != 0) {
    if (scope < 0 || static_cast<std::size_t>(scope) >= graph.scopes.size()) {
      throw_value("scope_path", "scope", scope, "a scope of the graph");
    }
    const GraphScope& stage = graph.scopes[static_cast<std::size_t>(scope)];
    if (stage.parent >= scope)
      throw_value("scope_path", "the parent of a scope", stage.parent, "an earlier scope");
    path = path.empty() ? stage.name : stage.name + "/" + path;
    scope = stage.parent;
  }
  return path;
}

}  // namespace wengert
