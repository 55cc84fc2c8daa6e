// SPDX-License-Identifier: MIT
#include <tools/draw/fold_groups.h>
#include <tools/draw/graph_index.h>

#include <algorithm>

namespace wengert {
namespace {

constexpr std::size_t most_rows = 6;

std::vector<int> depths(const Graph& graph) {
  std::vector<int> depth(std::max<std::size_t>(graph.scopes.size(), 1), 0);
  for (std::size_t s = 1; s < graph.scopes.size(); ++s)
    depth[s] = depth[static_cast<std::size_t>(graph.scopes[s].parent)] + 1;
  return depth;
}

std::string what(const GraphNode& node) {
  const std::string right = node.formula.empty() ? node.op : node.formula;
  return node.label.empty() || node.label == right ? right : node.label + " = " + right;
}

std::string name(const GraphNode& node) { return "%" + std::to_string(node.id); }

void add_rows(const Graph& graph, CardGroup& group) {
  const std::size_t shown = group.nodes.size() > most_rows ? most_rows - 1 : group.nodes.size();
  for (std::size_t i = 0; i < shown; ++i) group.rows.push_back(what(graph.nodes[group.nodes[i]]));
  if (shown < group.nodes.size())
    group.rows.push_back("… " + std::to_string(group.nodes.size() - shown) + " more");
}

}  // namespace

int scope_depth(const Graph& graph) {
  const std::vector<int> depth = depths(graph);
  int most = 0;
  for (const GraphNode& node : graph.nodes)
    most = std::max(most, depth[static_cast<std::size_t>(node.scope)]);
  return most;
}

std::vector<CardGroup> scope_groups(const Graph& graph, int depth) {
  const std::vector<int> depth_of = depths(graph);
  std::vector<CardGroup> groups;
  int open = 0;  // the scope of the last group, while nothing else has come between
  bool open_backward = false;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    if (is_source(node)) continue;
    auto scope = static_cast<std::size_t>(node.scope);
    while (depth_of[scope] > depth) scope = static_cast<std::size_t>(graph.scopes[scope].parent);
    if (depth_of[scope] < depth) {
      open = 0;
      continue;
    }
    if (open != static_cast<int>(scope) || open_backward != node.backward)
      groups.push_back({.title = graph.scopes[scope].name, .scope = graph.scopes[scope].parent, .nodes = {}});
    open = static_cast<int>(scope);
    open_backward = node.backward;
    groups.back().nodes.push_back(i);
  }
  return groups;
}

std::vector<CardGroup> chain_groups(const Graph& graph) {
  const GraphIndex index("fold", graph);
  std::vector<int> readers(graph.nodes.size(), 0);
  for (const GraphNode& node : graph.nodes) {
    for (int input : node.inputs) ++readers[index[input]];
  }
  std::vector<std::size_t> chain_of(graph.nodes.size(), graph.nodes.size());
  std::vector<CardGroup> groups;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    if (is_source(node)) continue;
    const bool one_input = node.inputs.size() == 1 && readers[index[node.inputs[0]]] == 1;
    const std::size_t before = one_input ? index[node.inputs[0]] : i;
    const bool goes_on = before != i && chain_of[before] < groups.size() &&
                         graph.nodes[before].backward == node.backward &&
                         graph.nodes[before].scope == node.scope;
    if (!goes_on) groups.push_back({.title = "", .scope = node.scope, .nodes = {}});
    chain_of[i] = goes_on ? chain_of[before] : groups.size() - 1;
    groups[chain_of[i]].nodes.push_back(i);
  }
  for (CardGroup& group : groups) {
    group.title = "chain of " + std::to_string(group.nodes.size());
    add_rows(graph, group);
  }
  return groups;
}

std::vector<CardGroup> stretch_groups(const Graph& graph, std::size_t count) {
  const auto ops = static_cast<std::size_t>(
      std::ranges::count_if(graph.nodes, [](const GraphNode& n) { return !is_source(n); }));
  const std::size_t length = (ops + count - 1) / std::max<std::size_t>(count, 1);
  std::vector<CardGroup> groups;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    if (is_source(node)) continue;
    const bool full = groups.empty() || groups.back().nodes.size() >= length ||
                      graph.nodes[groups.back().nodes.back()].backward != node.backward;
    if (full) groups.push_back({.title = "", .scope = 0, .nodes = {}});
    groups.back().nodes.push_back(i);
  }
  for (CardGroup& group : groups)
    group.title = name(graph.nodes[group.nodes.front()]) + " to " + name(graph.nodes[group.nodes.back()]);
  return groups;
}

}  // namespace wengert
