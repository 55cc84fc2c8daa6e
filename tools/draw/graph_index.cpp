// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <tools/draw/graph_index.h>

#include <string>

namespace wengert {
namespace {

std::string name(int id) { return "%" + std::to_string(id); }

void expect_scopes(const std::string& op, const Graph& graph) {
  for (std::size_t i = 1; i < graph.scopes.size(); ++i) {
    const int parent = graph.scopes[i].parent;
    if (parent < 0 || static_cast<std::size_t>(parent) >= i) {
      throw ValueError(op + ": scope " + std::to_string(i) + " lies in scope " + std::to_string(parent) +
                       ", expected an earlier one");
    }
  }
}

}  // namespace

GraphIndex::GraphIndex(std::string_view op, const Graph& graph) {
  const std::string where(op);
  expect_scopes(where, graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    for (int input : node.inputs) {
      if (!contains(input)) {
        throw ValueError(where + ": node " + name(node.id) + " reads " + name(input) +
                         ", expected an earlier node");
      }
    }
    // Scope 0 need not be listed.
    if (node.scope < 0 || (node.scope > 0 && static_cast<std::size_t>(node.scope) >= graph.scopes.size())) {
      throw ValueError(where + ": node " + name(node.id) + " is in scope " + std::to_string(node.scope) +
                       ", expected one of " + std::to_string(graph.scopes.size()));
    }
    if (!positions_.emplace(node.id, i).second) {
      throw ValueError(where + ": two nodes are called " + name(node.id) + ", expected ids that differ");
    }
  }
}

bool is_source(const GraphNode& node) { return node.op == "leaf" || node.op == "constant"; }

bool is_cotangent(const GraphNode& node) { return node.backward && node.op == "cotangent"; }

}  // namespace wengert
