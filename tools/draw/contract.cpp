// SPDX-License-Identifier: MIT
#include <tools/draw/contract.h>
#include <tools/draw/graph_index.h>

#include <algorithm>

namespace wengert {
namespace {

constexpr int none = -1, several = -2;

class Contraction {
 public:
  Contraction(const Graph& graph, std::vector<CardGroup> groups)
      : graph_(graph),
        index_("contract", graph),
        groups_(std::move(groups)),
        group_of_(graph.nodes.size(), none) {
    std::erase_if(groups_, [](const CardGroup& g) { return g.nodes.size() < 2; });
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (std::size_t i : groups_[g].nodes) group_of_[i] = static_cast<int>(g);
    }
  }

  void take_sources();
  Graph result() const;

 private:
  GraphNode card(const CardGroup& group) const;
  // The id under which the node at `position` goes from now on.
  int new_id(std::size_t position) const {
    const int g = group_of_[position];
    return graph_.nodes[g < 0 ? position : groups_[static_cast<std::size_t>(g)].nodes.back()].id;
  }
  void translate(GraphNode& node) const;

  const Graph& graph_;
  GraphIndex index_;
  std::vector<CardGroup> groups_;
  std::vector<int> group_of_;
};

void Contraction::take_sources() {
  std::vector<int> reader(graph_.nodes.size(), none);
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    for (int input : graph_.nodes[i].inputs) {
      int& known = reader[index_[input]];
      const int g = group_of_[i] < 0 ? several : group_of_[i];
      known = known == none || known == g ? g : several;
    }
  }
  const auto first_leaf = std::ranges::find(graph_.nodes, "leaf", &GraphNode::op);
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const bool kept = first_leaf != graph_.nodes.end() && &*first_leaf == &graph_.nodes[i];
    if (!is_source(graph_.nodes[i]) || reader[i] < 0 || kept) continue;
    group_of_[i] = reader[i];
    std::vector<std::size_t>& nodes = groups_[static_cast<std::size_t>(reader[i])].nodes;
    nodes.insert(std::ranges::lower_bound(nodes, i), i);
  }
}

// Without what the node knew of single inputs.
void Contraction::translate(GraphNode& node) const {
  std::vector<int> inputs;
  for (int input : node.inputs) {
    const int id = new_id(index_[input]);
    if (id != node.id && std::ranges::find(inputs, id) == inputs.end()) inputs.push_back(id);
  }
  if (inputs != node.inputs) {
    node.inputs = std::move(inputs);
    node.vjp.clear();
    node.passed_on.clear();
  }
  for (SavedTensor& saved : node.saved) {
    if (index_.contains(saved.source)) saved.source = new_id(index_[saved.source]);
  }
}

GraphNode Contraction::card(const CardGroup& group) const {
  const GraphNode& last = graph_.nodes[group.nodes.back()];
  GraphNode card;
  card.id = last.id;
  card.op = group.title;
  card.scope = group.scope;
  card.backward = last.backward;
  card.shape = last.shape;
  card.bytes = last.bytes;
  card.has_cotangent = last.has_cotangent;
  card.ops = 0;
  int sources = 0;
  for (std::size_t i : group.nodes) {
    const GraphNode& node = graph_.nodes[i];
    card.ops += is_source(node) ? 0 : node.ops;
    sources += is_source(node) ? 1 : 0;
    card.inner_bytes += node.inner_bytes + (i == group.nodes.back() ? 0 : node.bytes);
    card.forward_ns += node.forward_ns;
    card.backward_ns += node.backward_ns;
    card.released = card.released || node.released;
    card.needs_gradient = card.needs_gradient || node.needs_gradient;
    if (node.error) card.error = std::max(card.error.value_or(0), *node.error);
    card.inputs.insert(card.inputs.end(), node.inputs.begin(), node.inputs.end());
    card.saved.insert(card.saved.end(), node.saved.begin(), node.saved.end());
    for (const std::string& mark : node.marks) {
      if (std::ranges::find(card.marks, mark) == card.marks.end()) card.marks.push_back(mark);
    }
  }
  for (const std::string& row : group.rows) card.text.forward.push_back({{row, ""}});
  if (sources > 0)
    card.text.forward.push_back(
        {{"with " + std::to_string(sources) + (sources > 1 ? " inputs" : " input"), ""}});
  return card;
}

Graph Contraction::result() const {
  Graph small{.dtype = graph_.dtype, .scopes = graph_.scopes, .nodes = {}};
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const int g = group_of_[i];
    if (g >= 0 && groups_[static_cast<std::size_t>(g)].nodes.back() != i) continue;
    small.nodes.push_back(g < 0 ? graph_.nodes[i] : card(groups_[static_cast<std::size_t>(g)]));
    translate(small.nodes.back());
  }
  return small;
}

}  // namespace

Graph contract(const Graph& graph, std::vector<CardGroup> groups, bool with_sources) {
  Contraction contraction(graph, std::move(groups));
  if (with_sources) contraction.take_sources();
  return contraction.result();
}

// Inputs read nothing, so their card may stand where the first of them stood.
Graph gather_sources(const Graph& graph) {
  const GraphIndex index("gather_sources", graph);
  Graph small{.dtype = graph.dtype, .scopes = graph.scopes, .nodes = {}};
  const auto leaf = std::ranges::find(graph.nodes, "leaf", &GraphNode::op);
  const GraphNode* kept = leaf == graph.nodes.end() ? nullptr : &*leaf;
  const auto gathered = [&](const GraphNode& node) { return is_source(node) && &node != kept; };
  const auto count = std::ranges::count_if(graph.nodes, gathered);
  std::size_t card = graph.nodes.size();
  const auto new_id = [&](int id) {
    return index.contains(id) && gathered(graph.nodes[index[id]]) ? small.nodes[card].id : id;
  };
  for (GraphNode node : graph.nodes) {
    if (gathered(graph.nodes[index[node.id]])) {
      if (card < graph.nodes.size()) {
        small.nodes[card].inner_bytes += node.bytes + node.inner_bytes;
        continue;
      }
      card = small.nodes.size();
      node.label = std::to_string(count) + (count == 1 ? " input" : " inputs");
      node.scope = 0;
    }
    std::vector<int> inputs;
    for (int input : node.inputs) {
      if (std::ranges::find(inputs, new_id(input)) == inputs.end()) inputs.push_back(new_id(input));
    }
    if (inputs != node.inputs) node.inputs = std::move(inputs), node.vjp.clear(), node.passed_on.clear();
    for (SavedTensor& saved : node.saved) saved.source = new_id(saved.source);
    small.nodes.push_back(std::move(node));
  }
  return small;
}

}  // namespace wengert
