// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <tools/draw/graph_index.h>
#include <tools/draw/pathways.h>

#include <algorithm>

namespace wengert {
namespace {

using Flags = std::vector<char>;  // one a node; vector<bool> would pack them for nothing

struct Edge {
  std::size_t from, to;
  std::size_t argument;
};

struct Paths {
  const Graph& graph;
  std::vector<Edge> edges;  // between nodes of the program, by reader
  std::size_t output;

  std::size_t size() const { return graph.nodes.size(); }

  // Nodes reached from `starts` on paths that avoid `blocked`.
  Flags down(Flags starts, const Flags& blocked) const {
    for (std::size_t i = 0; i < size(); ++i) starts[i] = starts[i] && !blocked[i];
    for (const Edge& e : edges) starts[e.to] = starts[e.to] || (starts[e.from] && !blocked[e.to]);
    return starts;
  }

  // Nodes from which a path that avoids `blocked` leads to the output.
  Flags up(const Flags& blocked) const {
    Flags reaches(size(), 0);
    reaches[output] = !blocked[output];
    for (auto e = edges.rbegin(); e != edges.rend(); ++e) {
      reaches[e->from] = reaches[e->from] || (reaches[e->to] && !blocked[e->from]);
    }
    return reaches;
  }
};

bool in_program(const GraphNode& node) { return !node.backward; }

std::optional<std::size_t> output_position(const Graph& graph, const GraphIndex& index,
                                           std::optional<int> output) {
  if (output) {
    if (!index.contains(*output) || !in_program(graph.nodes[index[*output]])) {
      throw_value("find_pathways", "output", *output, "a node of the program");
    }
    return index[*output];
  }
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    if (in_program(graph.nodes[i]) && !is_source(graph.nodes[i])) return i;
  }
  return std::nullopt;
}

std::vector<Edge> program_edges(const Graph& graph, const GraphIndex& index) {
  std::vector<Edge> edges;
  for (std::size_t to = 0; to < graph.nodes.size(); ++to) {
    if (!in_program(graph.nodes[to])) continue;
    for (std::size_t a = 0; a < graph.nodes[to].inputs.size(); ++a) {
      edges.push_back({index[graph.nodes[to].inputs[a]], to, a});
    }
  }
  return edges;
}

std::vector<std::string> marks_in_order(const Graph& graph) {
  std::vector<std::string> marks;
  for (const GraphNode& node : graph.nodes) {
    if (!in_program(node)) continue;
    for (const std::string& mark : node.marks) {
      if (std::ranges::find(marks, mark) == marks.end()) marks.push_back(mark);
    }
  }
  return marks;
}

// Which nodes carry `mark`, or any mark at all when it is null.
Flags marked(const Graph& graph, const std::string* mark) {
  Flags flags(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const std::vector<std::string>& marks = graph.nodes[i].marks;
    flags[i] = mark == nullptr ? !marks.empty() : std::ranges::find(marks, *mark) != marks.end();
  }
  return flags;
}

void assign_mark(const Paths& paths, const std::string& mark, const Flags& leaves, GraphPathways& result) {
  const Flags none(paths.size(), 0);
  const Flags blocked = marked(paths.graph, &mark);
  const Flags from = paths.down(leaves, none), from_avoiding = paths.down(leaves, blocked);
  const Flags to = paths.up(none), to_avoiding = paths.up(blocked);
  for (const Edge& e : paths.edges) {
    std::string& name = result.edges[e.to][e.argument];
    const bool used = from[e.from] && to[e.to];
    if (used && !(from_avoiding[e.from] && to_avoiding[e.to]) && name.empty()) name = mark;
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const bool used = from[i] && to[i] && !leaves[i];
    if (used && !(from_avoiding[i] && to_avoiding[i]) && result.nodes[i].empty()) result.nodes[i] = mark;
  }
}

// Positions are a topological order, so all paths of a leaf use the edge (u, v) exactly when no other edge of
// these paths passes over the gap behind u: a path over the gap cannot come back to u.
void assign_direct(const Paths& paths, std::size_t leaf, GraphPathways& result) {
  const Flags none(paths.size(), 0), any_mark = marked(paths.graph, nullptr);
  Flags start(paths.size(), 0);
  start[leaf] = 1;
  const Flags from = paths.down(start, none), from_clear = paths.down(start, any_mark);
  const Flags to = paths.up(none), to_clear = paths.up(any_mark);

  std::vector<int> over_gap(paths.size() + 1, 0);
  for (const Edge& e : paths.edges) {
    if (!from[e.from] || !to[e.to]) continue;
    ++over_gap[e.from];
    --over_gap[e.to];
  }
  for (std::size_t i = 1; i < over_gap.size(); ++i) over_gap[i] += over_gap[i - 1];

  for (const Edge& e : paths.edges) {
    std::string& name = result.edges[e.to][e.argument];
    if (from_clear[e.from] && to_clear[e.to] && over_gap[e.from] > 1 && name.empty()) name = "direct";
  }
}

}  // namespace

GraphPathways find_pathways(const Graph& graph, std::optional<int> output) {
  const GraphIndex index("find_pathways", graph);
  GraphPathways result;
  result.nodes.resize(graph.nodes.size());
  for (const GraphNode& node : graph.nodes) result.edges.emplace_back(node.inputs.size());
  const std::optional<std::size_t> end = output_position(graph, index, output);
  const std::vector<std::string> marks = marks_in_order(graph);
  if (!end || marks.empty()) return result;

  const Paths paths{graph, program_edges(graph, index), *end};
  Flags leaves(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < leaves.size(); ++i)
    leaves[i] = in_program(graph.nodes[i]) && graph.nodes[i].op == "leaf";

  for (const std::string& mark : marks) assign_mark(paths, mark, leaves, result);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (leaves[i]) assign_direct(paths, i, result);
  }
  for (const Edge& e : paths.edges) {
    const std::string& name = result.edges[e.to][e.argument];
    if (name.empty()) continue;
    if (std::ranges::find(result.names, name) == result.names.end()) result.names.push_back(name);
    if (name != "direct") continue;
    for (std::size_t end_of_edge : {e.from, e.to}) {
      if (result.nodes[end_of_edge].empty() && !leaves[end_of_edge]) result.nodes[end_of_edge] = name;
    }
  }
  return result;
}

}  // namespace wengert
