// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <tests/support/catch.h>
#include <tests/support/dot_statements.h>
#include <tests/support/sample_graphs.h>
#include <tests/support/temporary_folder.h>
#include <tools/draw/draw.h>
#include <tools/draw/fold.h>
#include <tools/draw/graph_index.h>
#include <tools/draw/render.h>

#include <cstdint>
#include <random>

using namespace wengert;
using namespace wengert::testing;

namespace {

struct Totals {
  int ops = 0;
  std::size_t value_bytes = 0, saved = 0;
  std::int64_t forward_ns = 0, backward_ns = 0;
  friend bool operator==(const Totals&, const Totals&) = default;
};

Totals totals(const Graph& graph) {
  Totals t{.ops = op_count(graph), .saved = saved_bytes(graph)};
  for (const GraphNode& node : graph.nodes) {
    t.value_bytes += node.bytes + node.inner_bytes;
    t.forward_ns += node.forward_ns;
    t.backward_ns += node.backward_ns;
  }
  return t;
}

// Layers of matmul, scale, shift, tanh in scopes that nest twice, with leaves of their own, made by the
// engine.
Graph network(int layers, bool scopes) {
  Tape<float> tape;
  tape.profile(true);
  const Var<float> input = tape.leaf(Tensor<float>::full({3, 2}, 0.5F), "x");
  Var<float> x = input;
  for (int i = 0; i < layers; ++i) {
    std::optional<Scope<float>> layer, inner;
    if (scopes) layer.emplace(input.tape(), "layer");
    const Var<float> w = tape.leaf(Tensor<float>::full({2, 2}, 0.1F), "w");
    x = matmul(x, w);
    if (scopes) inner.emplace(x.tape(), "activation");
    x = tanh(x * 0.5F + 1.0F) * x;
  }
  backward(x, Tensor<float>::full({3, 2}, 1.F), {.keep_saved = true});
  return snapshot(tape);
}

// Every op reads two earlier ones at random: no scope, no block, no chain.
Graph tangle(int ops) {
  GraphBuilder b;
  b.leaf("x", {3, 5});
  std::mt19937 random(5);
  for (int i = 1; i <= ops; ++i) {
    const int near = i - 1, far = static_cast<int>(random() % static_cast<unsigned>(i));
    b.op(i % 3 == 0 ? "add" : "mul", "", "", {near, far}, {3, 5 + static_cast<Index>(random() % 7)});
    b.saves(i, {far});
    b.at(i).forward_ns = i;
  }
  return b.graph();
}

}  // namespace

TEST_CASE("folding keeps ops, bytes, saved bytes and times", "[tools][fold]") {
  const auto [name, graph] = GENERATE(table<std::string, Graph>({{"scoped", network(40, true)},
                                                                 {"flat", network(40, false)},
                                                                 {"chain", chain(300)},
                                                                 {"tangle", tangle(400)},
                                                                 {"recorded", recorded_batch_norm()}}));
  const std::size_t most = GENERATE(std::size_t{16}, std::size_t{20}, std::size_t{64});
  CAPTURE(name, most);
  const Folded folded = fold(graph, most);
  CHECK(folded.graph.nodes.size() <= std::max<std::size_t>(most, 16));
  CHECK(totals(folded.graph) == totals(graph));
  CHECK(folded.how.empty() == (graph.nodes.size() <= most));
  CHECK_NOTHROW(GraphIndex("test", folded.graph));
  CHECK_NOTHROW(to_dot(folded.graph));
}

TEST_CASE("what is small enough is left alone", "[tools][fold]") {
  const Folded folded = fold(staged_batch_norm(), 300);
  CHECK(folded.how.empty());
  CHECK(to_dot(folded.graph) == to_dot(staged_batch_norm()));
}

TEST_CASE("the deepest scopes are folded first", "[tools][fold]") {
  const Folded folded = fold(network(20, true), 100);
  CHECK(contains(folded.how, "(folded: scopes from depth 2)"));
  const std::string dot = to_dot(folded.graph);
  CHECK(count(dot, "<B>activation</B>") == 20);
  CHECK(count(dot, "%") > 20);
  CHECK(contains(dot, "4 ops"));
  CHECK(contains(dot, "peripheries=\"2\""));
  CHECK(contains(fold(network(20, true), 50).how, "(folded: scopes from depth 1)"));
}

TEST_CASE("blocks that repeat become one card", "[tools][fold]") {
  const Folded folded = fold(network(40, false), 30);
  CHECK(contains(folded.how, "repeated blocks"));
  CHECK(contains(to_dot(folded.graph), "block ×"));
  CHECK(contains(to_dot(fold(chain(300), 30).graph), "tanh ×299"));
}

TEST_CASE("chains become one card", "[tools][fold]") {
  GraphBuilder b;
  const int x = b.leaf("x", {3});
  int last = x;
  for (int i = 0; i < 30; ++i) {
    const int a = b.op(i % 2 == 0 ? "exp" : "tanh", "", "f", {last}, {i + 1});
    const int c = b.op("log", "", "g", {a}, {i + 1});
    last = b.op("add", "", "sum", {c, x}, {i + 1});
  }
  const Folded folded = fold(b.graph(), 70);
  CHECK(contains(folded.how, "(folded: chains)"));
  CHECK(contains(to_dot(folded.graph), "chain of 2"));
  CHECK(totals(folded.graph) == totals(b.graph()));
}

TEST_CASE("ten thousand nodes are folded and drawn, with the totals of the tape", "[tools][fold]") {
  const auto [name, graph] = GENERATE(table<std::string, Graph>(
      {{"network", network(1700, true)}, {"tangle", tangle(10'000)}, {"chain", chain(10'000)}}));
  CAPTURE(name);
  REQUIRE(graph.nodes.size() >= 10'000);
  const TemporaryFolder folder;
  const Drawn drawn = draw(graph, folder / (can_render() ? "large.svg" : "large.dot"));
  CHECK(drawn.nodes == graph.nodes.size());
  CHECK(drawn.drawn <= most_nodes_with_edge_labels);
  CHECK(drawn.drawn >= 2);
  CHECK(totals(fold(graph, most_nodes_with_edge_labels).graph) == totals(graph));
}
