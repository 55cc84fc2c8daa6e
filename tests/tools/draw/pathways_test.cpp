// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <tests/support/catch.h>
#include <tests/support/sample_graphs.h>
#include <tools/draw/pathways.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace wengert;
using namespace wengert::testing;
using Catch::Matchers::Message;

namespace {

using Names = std::vector<std::string>;

std::map<std::string, std::string> edges_by_name(const Graph& graph) {
  const GraphPathways pathways = find_pathways(graph);
  std::map<std::string, std::string> named;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (std::size_t a = 0; a < graph.nodes[i].inputs.size(); ++a) {
      named[std::to_string(graph.nodes[i].inputs[a]) + "->" + std::to_string(i)] = pathways.edges[i][a];
    }
  }
  return named;
}

struct Step {
  std::size_t reader, argument;
  friend bool operator==(const Step&, const Step&) = default;
};
using Path = std::vector<Step>;

// Every path from `node` down to `output`, one by one: the definition, for small graphs.
void collect_paths(const Graph& graph, std::size_t node, std::size_t output, Path& so_far,
                   std::vector<Path>& all) {
  if (node == output) {
    all.push_back(so_far);
    return;
  }
  for (std::size_t reader = node + 1; reader < graph.nodes.size(); ++reader) {
    for (std::size_t a = 0; a < graph.nodes[reader].inputs.size(); ++a) {
      if (graph.nodes[reader].inputs[a] != static_cast<int>(node)) continue;
      so_far.push_back({reader, a});
      collect_paths(graph, reader, output, so_far, all);
      so_far.pop_back();
    }
  }
}

bool visits(const Graph& graph, std::size_t leaf, const Path& path, const std::string* mark) {
  const auto carries = [&](std::size_t i) {
    const Names& marks = graph.nodes[i].marks;
    return mark == nullptr ? !marks.empty() : std::ranges::find(marks, *mark) != marks.end();
  };
  return carries(leaf) || std::ranges::any_of(path, [&](const Step& s) { return carries(s.reader); });
}

std::string pathway_by_definition(const Graph& graph, Step edge, const Names& marks) {
  bool used = false, direct = false;
  std::set<std::string> shared(marks.begin(), marks.end());
  for (std::size_t leaf = 0; leaf < graph.nodes.size(); ++leaf) {
    if (graph.nodes[leaf].op != "leaf") continue;
    std::vector<Path> paths;
    Path so_far;
    collect_paths(graph, leaf, graph.nodes.size() - 1, so_far, paths);
    bool some_around = false, some_clear = false;
    for (const Path& path : paths) {
      if (std::ranges::find(path, edge) == path.end()) {
        some_around = true;
        continue;
      }
      used = true;
      some_clear = some_clear || !visits(graph, leaf, path, nullptr);
      std::erase_if(shared, [&](const std::string& m) { return !visits(graph, leaf, path, &m); });
    }
    direct = direct || (some_around && some_clear);
  }
  if (!used || marks.empty()) return "";
  for (const std::string& mark : marks) {
    if (shared.count(mark) != 0) return mark;
  }
  return direct ? "direct" : "";
}

}  // namespace

TEST_CASE("the pathways of BatchNorm are the three terms of dx", "[tools][pathways]") {
  const Graph graph = staged_batch_norm();
  // 0 x, 1 γ, 2 β, 3 μ, 4 c, 5 c², 6 σ², 7 σ² + ε, 8 s, 9 r, 10 x̂, 11 γ·x̂, 12 y
  CHECK(edges_by_name(graph) == std::map<std::string, std::string>{{"0->3", "mean"},
                                                                   {"3->4", "mean"},
                                                                   {"0->4", "direct"},
                                                                   {"4->10", "direct"},
                                                                   {"4->5", "variance"},
                                                                   {"5->6", "variance"},
                                                                   {"6->7", "variance"},
                                                                   {"7->8", "variance"},
                                                                   {"8->9", "variance"},
                                                                   {"9->10", "variance"},
                                                                   {"1->11", ""},
                                                                   {"10->11", ""},
                                                                   {"11->12", ""},
                                                                   {"2->12", ""}});
  const GraphPathways pathways = find_pathways(graph);
  CHECK(pathways.nodes == Names{"", "", "", "mean", "direct", "variance", "variance", "variance", "variance",
                                "variance", "direct", "", ""});
  CHECK(pathways.names == Names{"mean", "direct", "variance"});
}

TEST_CASE("what a sweep recorded has no part in the pathways", "[tools][pathways]") {
  const Graph program = staged_batch_norm();
  const GraphPathways recorded = find_pathways(recorded_batch_norm());
  const GraphPathways alone = find_pathways(program);
  CHECK(std::equal(alone.nodes.begin(), alone.nodes.end(), recorded.nodes.begin()));
  CHECK(std::all_of(recorded.nodes.begin() + static_cast<std::ptrdiff_t>(alone.nodes.size()),
                    recorded.nodes.end(), [](const std::string& name) { return name.empty(); }));
  CHECK(alone.names == recorded.names);
}

TEST_CASE("a graph without marks has no pathways", "[tools][pathways]") {
  GraphBuilder b;
  const int x = b.leaf("x", {3});
  const int a = b.op("exp", "", "", {x}, {3});
  b.op("add", "", "", {x, a}, {3});
  CHECK(find_pathways(b.graph()).names.empty());
  CHECK(find_pathways(Graph{}).nodes.empty());
}

TEST_CASE("pathways end at the output that is asked for", "[tools][pathways]") {
  const Graph graph = staged_batch_norm();
  const GraphPathways to_centred = find_pathways(graph, 4);
  CHECK(to_centred.edges[4] == Names{"direct", "mean"});
  CHECK(to_centred.edges[5] == Names{""});
}

TEST_CASE("pathways are those that counting every path finds, on random graphs", "[tools][pathways]") {
  std::mt19937 random(7);
  const auto below = [&random](std::size_t n) { return static_cast<int>(random() % n); };
  for (int trial = 0; trial < 300; ++trial) {
    GraphBuilder b;
    const int leaves = 1 + below(3), ops = 2 + below(6);
    for (int i = 0; i < leaves; ++i) b.leaf("", {2});
    for (int i = 0; i < ops; ++i) {
      const auto known = static_cast<std::size_t>(leaves + i);
      const int node = below(3) == 0 ? b.op("exp", "", "", {below(known)}, {2})
                                     : b.op("add", "", "", {below(known), below(known)}, {2});
      if (below(4) == 0) b.mark(node, below(2) == 0 ? "p" : "q");
    }
    Names marks;
    for (const GraphNode& node : b.graph().nodes) {
      for (const std::string& mark : node.marks) {
        if (std::ranges::find(marks, mark) == marks.end()) marks.push_back(mark);
      }
    }
    const GraphPathways pathways = find_pathways(b.graph());
    for (std::size_t i = 0; i < pathways.edges.size(); ++i) {
      for (std::size_t a = 0; a < pathways.edges[i].size(); ++a) {
        CAPTURE(trial, i, a);
        CHECK(pathways.edges[i][a] == pathway_by_definition(b.graph(), {i, a}, marks));
      }
    }
  }
}

TEST_CASE("a graph that does not hold together is refused", "[tools][pathways]") {
  GraphBuilder b;
  const int x = b.leaf("x", {3});
  const int y = b.op("exp", "", "", {x}, {3});
  Graph graph = b.graph();

  SECTION("an input that comes later") {
    graph.nodes[1].inputs = {1};
    CHECK_THROWS_MATCHES(find_pathways(graph), ValueError,
                         Message("find_pathways: node %1 reads %1, expected an earlier node"));
  }
  SECTION("two nodes of one id") {
    graph.nodes[1].id = 0;
    CHECK_THROWS_MATCHES(find_pathways(graph), ValueError,
                         Message("find_pathways: two nodes are called %0, expected ids that differ"));
  }
  SECTION("a scope that is not there") {
    graph.nodes[1].scope = 5;
    CHECK_THROWS_MATCHES(find_pathways(graph), ValueError,
                         Message("find_pathways: node %1 is in scope 5, expected one of 1"));
  }
  SECTION("scopes that lie in each other") {
    graph.scopes = {{}, {"a", 2}, {"b", 1}};
    CHECK_THROWS_MATCHES(find_pathways(graph), ValueError,
                         Message("find_pathways: scope 1 lies in scope 2, expected an earlier one"));
  }
  SECTION("an output that is not there") {
    CHECK_THROWS_MATCHES(find_pathways(graph, y + 1), ValueError,
                         Message("find_pathways: output is 2, expected a node of the program"));
  }
}
