// SPDX-License-Identifier: MIT
#include <tools/draw/fold.h>
#include <tools/draw/fold_groups.h>
#include <tools/draw/graph_index.h>

#include <algorithm>

namespace wengert {
namespace {

// A scope that would leave less than this to see is not folded whole.
constexpr std::size_t least_to_see = 8;
constexpr std::size_t least_asked_for = 16;
std::string with_commas(std::size_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

class Folding {
 public:
  Folding(const Graph& graph, std::size_t most) : graph_(graph), most_(std::max(most, least_asked_for)) {}

  Folded run() && {
    const std::size_t before = graph_.nodes.size();
    for (int depth = scope_depth(graph_); depth > 0 && too_large(); --depth) {
      if (replace(scope_groups(graph_, depth), least_to_see)) fold_depth_ = depth;
    }
    if (fold_depth_ > 0) note("scopes from depth " + std::to_string(fold_depth_));
    if (too_large() && replace(repeat_groups(graph_, graph_.nodes.size() - most_), 2))
      note("repeated blocks");
    if (too_large() && replace(chain_groups(graph_), 2)) note("chains");
    if (too_large() && gather()) note("inputs");
    for (std::size_t count = most_ / 2; too_large() && count >= 1; count /= 2) {
      if (replace(stretch_groups(graph_, count), 1)) stretched_ = true;
    }
    if (stretched_) note("stretches of the tape");
    if (how_.empty()) return {std::move(graph_)};
    const std::string sizes = with_commas(before) + " nodes → " + with_commas(graph_.nodes.size()) + " drawn";
    return {std::move(graph_), sizes + " (folded: " + how_ + ")"};
  }

 private:
  bool too_large() const { return graph_.nodes.size() > most_ || layout_cost(graph_) > most_layout_cost; }
  void note(const std::string& what) { how_ += (how_.empty() ? "" : ", ") + what; }

  bool gather() {
    const auto sources = static_cast<std::size_t>(std::ranges::count_if(graph_.nodes, is_source));
    if (sources <= most_ / 4) return false;
    graph_ = gather_sources(graph_);
    return true;
  }

  // Unless that saves nothing, or leaves less than `least` ops.
  bool replace(const std::vector<CardGroup>& groups, std::size_t least) {
    Graph smaller = contract(graph_, groups, false);
    if (smaller.nodes.size() > most_) smaller = contract(graph_, groups, true);
    const auto ops = static_cast<std::size_t>(
        std::ranges::count_if(smaller.nodes, [](const GraphNode& n) { return !is_source(n); }));
    if (smaller.nodes.size() >= graph_.nodes.size() || ops < least) return false;
    graph_ = std::move(smaller);
    return true;
  }

  Graph graph_;
  std::size_t most_;
  int fold_depth_ = 0;
  bool stretched_ = false;
  std::string how_;
};

}  // namespace

std::size_t layout_cost(const Graph& graph) {
  const GraphIndex index("layout_cost", graph);
  std::vector<std::size_t> rank(graph.nodes.size(), 0);
  std::size_t cost = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    std::size_t ranks = 0;
    const auto counts = [&](std::size_t from) {
      return !is_source(graph.nodes[from]) && graph.nodes[from].backward == node.backward;
    };
    for (int input : node.inputs) {
      if (counts(index[input])) rank[i] = std::max(rank[i], rank[index[input]] + 1);
    }
    for (int input : node.inputs) {
      if (counts(index[input])) ranks += rank[i] - rank[index[input]];
    }
    cost += 1 + ranks;
  }
  return cost;
}

Folded fold(const Graph& graph, std::size_t most_nodes) {
  if (graph.nodes.size() <= most_nodes && layout_cost(graph) <= most_layout_cost) return {graph};
  return Folding(graph, most_nodes).run();
}

}  // namespace wengert
