// SPDX-License-Identifier: MIT
#include <tools/draw/closed_form_card.h>

namespace wengert {
namespace {

std::string name_of(const GraphNode& node) {
  return node.label.empty() ? "%" + std::to_string(node.id) : node.label;
}

GraphNode next_node(const Graph& graph, int scope) {
  GraphNode node;
  node.id = static_cast<int>(graph.nodes.size());
  node.scope = scope;
  node.backward = true;
  return node;
}

void add_vjp_of(Graph& graph, int fused_id, int scope) {
  const GraphNode fused = graph.nodes[static_cast<std::size_t>(fused_id)];
  GraphNode dy = next_node(graph, scope);
  dy.op = "constant";
  dy.label = "∂" + name_of(fused);
  dy.shape = fused.shape;
  dy.bytes = fused.bytes;
  graph.nodes.push_back(dy);

  GraphNode vjp = next_node(graph, scope);
  vjp.op = fused.op + " vjp";
  vjp.fused = true;
  vjp.shape = fused.shape;
  vjp.bytes = fused.bytes;
  vjp.inputs = {dy.id, fused.id};
  vjp.text.backward = fused.text.backward;
  vjp.backward_ns = fused.backward_ns;
  graph.nodes.push_back(vjp);

  for (const int id : fused.inputs) {
    const GraphNode input = graph.nodes[static_cast<std::size_t>(id)];
    if (!input.needs_gradient) continue;
    GraphNode out = next_node(graph, scope);
    out.op = "cotangent";
    out.label = "∂" + name_of(input);
    out.shape = input.shape;
    out.bytes = input.bytes;
    out.inputs = {vjp.id};
    graph.nodes.push_back(out);
  }
}

}  // namespace

Graph with_closed_form_vjp(Graph graph) {
  graph.scopes.push_back({"backward", 0});
  const int scope = static_cast<int>(graph.scopes.size()) - 1;
  const std::size_t recorded = graph.nodes.size();
  for (std::size_t id = recorded; id-- > 0;) {
    if (graph.nodes[id].fused && graph.nodes[id].needs_gradient)
      add_vjp_of(graph, static_cast<int>(id), scope);
  }
  return graph;
}

}  // namespace wengert
