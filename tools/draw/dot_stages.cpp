// SPDX-License-Identifier: MIT
#include <tools/draw/dot_stages.h>
#include <tools/draw/graph_index.h>

#include <algorithm>

namespace wengert {
namespace {

struct ScopeContent {
  std::vector<std::size_t> nodes;
  std::size_t full_children = 0;  // scopes directly below that hold a node somewhere
  bool full = false;
  bool kept = false;
};

std::vector<ScopeContent> contents(const Graph& graph, bool backward) {
  std::vector<ScopeContent> scopes(std::max<std::size_t>(graph.scopes.size(), 1));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].backward == backward)
      scopes[static_cast<std::size_t>(graph.nodes[i].scope)].nodes.push_back(i);
  }
  for (std::size_t s = scopes.size(); s-- > 0;) {
    scopes[s].full = !scopes[s].nodes.empty() || scopes[s].full_children > 0;
    if (s > 0 && scopes[s].full) ++scopes[static_cast<std::size_t>(graph.scopes[s].parent)].full_children;
    scopes[s].kept = s == 0 || !scopes[s].nodes.empty() || scopes[s].full_children > 1;
  }
  return scopes;
}

bool only_sources(const Graph& graph, const Stage& stage) {
  return std::ranges::all_of(stage.nodes, [&](std::size_t i) { return is_source(graph.nodes[i]); });
}

// Inner stages come after their outer one, and are known already.
void find_extent(const Graph& graph, const std::vector<Stage>& stages, Stage& stage) {
  stage.first = graph.nodes.size();
  stage.last = 0;
  for (std::size_t i : stage.nodes) {
    if (is_source(graph.nodes[i])) continue;
    stage.first = std::min(stage.first, i);
    stage.last = std::max(stage.last, i);
  }
  for (std::size_t inner : stage.stages) {
    stage.first = std::min(stage.first, stages[inner].first);
    stage.last = std::max(stage.last, stages[inner].last);
  }
}

}  // namespace

std::vector<Stage> find_stages(const Graph& graph, bool backward) {
  const std::vector<ScopeContent> scopes = contents(graph, backward);
  std::vector<Stage> stages;
  std::vector<std::size_t> stage_of(scopes.size(), 0);  // of kept scopes
  for (std::size_t s = 0; s < scopes.size(); ++s) {
    if (!scopes[s].kept) continue;
    stage_of[s] = stages.size();
    Stage stage{
        .title = s == 0 ? "" : graph.scopes[s].name, .scope = static_cast<int>(s), .nodes = scopes[s].nodes};
    if (s > 0) {
      auto outer = static_cast<std::size_t>(graph.scopes[s].parent);
      for (; !scopes[outer].kept; outer = static_cast<std::size_t>(graph.scopes[outer].parent)) {
        stage.title = graph.scopes[outer].name + "/" + stage.title;
      }
      stages[stage_of[outer]].stages.push_back(stages.size());
    }
    stages.push_back(std::move(stage));
  }
  for (std::size_t i = stages.size(); i-- > 0;) find_extent(graph, stages, stages[i]);
  stages[0].boxed = false;
  if (stages[0].stages.size() == 1 && only_sources(graph, stages[0])) {
    stages[stages[0].stages[0]].boxed = false;
  }
  return stages;
}

}  // namespace wengert
