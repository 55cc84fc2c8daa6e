// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/fuse.h>
#include <autodiff/graph.h>
#include <autodiff/ops.h>
#include <tests/support/all_close.h>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double> a2({2}, {1, -2});
using Values = std::vector<double>;

}  // namespace

TEST_CASE("A snapshot tells every node in execution order", "[autodiff][graph]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x");
  const Var<double> c = x * Var<double>(Tensor<double>::scalar(3));
  label(c, "c");
  const auto stage = scope(x, "stage");
  const Var<double> y = sum(c, {0}, keep_dims);
  mark(y, "total");
  mark(y, "again");
  const Graph graph = snapshot(tape);
  CHECK(graph.dtype == "float64");
  REQUIRE(graph.nodes.size() == 4);
  CHECK(op_count(graph) == 2);
  const GraphNode& node = graph.nodes[3];
  CHECK(node.id == 3);
  CHECK(node.op == "sum");
  CHECK(node.formula == "Σ c");
  CHECK(node.shape == Shape{1});
  CHECK(node.bytes == 8);
  CHECK(node.inputs == std::vector<int>{2});
  CHECK(node.needs_gradient);
  CHECK_FALSE(node.fused);
  CHECK(node.marks == std::vector<std::string>{"total", "again"});
  CHECK(scope_path(graph, node.scope) == "stage");
  CHECK(graph.nodes[0].op == "leaf");
  CHECK(graph.nodes[1].op == "constant");
  CHECK(graph.nodes[2].formula == "x · %1");
}

TEST_CASE("The type of the numbers has a name", "[autodiff][graph]") {
  CHECK(snapshot(Tape<float>()).dtype == "float32");
  CHECK(snapshot(Tape<long double>()).dtype == "float80");
}

TEST_CASE("A formula names its inputs by label or id, and its scalar", "[autodiff][graph]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x{s}"), z = tape.leaf(a2);
  const auto formula = [&](const Var<double>& v) {
    return snapshot(tape).nodes[static_cast<std::size_t>(v.id())].formula;
  };
  CHECK(formula(x + z) == "x{s} + %1");
  CHECK(formula(x - z) == "x{s} − %1");
  CHECK(formula(x / z) == "x{s} / %1");
  CHECK(formula(x + 1e-5) == "x{s} + 1e-05");
  CHECK(formula(z * 0.5) == "0.5 · %1");
  CHECK(formula(z / 4) == "%1 / 4");
  CHECK(formula(pow(z, 3)) == "%1 ^ 3");
  CHECK(formula(-z) == "−%1");
  CHECK(formula(square(z)) == "%1²");
  CHECK(formula(rsqrt(z)) == "1 / √%1");
  CHECK(formula(abs(z)) == "|%1|");
  CHECK(formula(select(x, z, z)) == "x{s} ? %1 : %1");
  CHECK(formula(broadcast_to(z, {3, 2})) == "broadcast(%1)");
  CHECK(formula(x).empty());
}

TEST_CASE("Saved tensors have a name, a source, and an owner", "[autodiff][graph]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x");
  Var<double> e = exp(x);
  label(e, "e");
  const Var<double> y = e * reshape(x, {1, 2});
  const Graph graph = snapshot(tape);
  REQUIRE(graph.nodes[1].saved.size() == 1);
  const SavedTensor& own = graph.nodes[1].saved[0];
  CHECK(own.name == "e");
  CHECK(own.source == 1);
  CHECK(own.bytes == 16);
  CHECK_FALSE(own.held_by_caller);
  REQUIRE(graph.nodes[3].saved.size() == 2);
  CHECK(graph.nodes[3].saved[0].buffer == own.buffer);
  CHECK(graph.nodes[3].saved[1].held_by_caller);
  CHECK(graph.nodes[3].saved[1].shape == Shape{1, 2});
  CHECK(saved_bytes(graph) == 16);
  backward(y, Tensor<double>::zeros({1, 2}));
  CHECK(saved_bytes(snapshot(tape)) == 0);
  CHECK(snapshot(tape).nodes[3].released);
  CHECK(snapshot(tape).nodes[3].saved.empty());
}

TEST_CASE("A fused node tells its inputs, its own saved tensors and its text", "[autodiff][graph]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x");
  fuse<double>({.op = "mine",
                .inputs = {{"input", exp(x)}},
                .forward =
                    [](Saved<double>& save) {
                      save.add("extra", Tensor<double>::zeros({3}));
                      return save["input"].clone();
                    },
                .vjp = [](const Saved<double>&, const Tensor<double>& dy) { return std::vector{dy}; },
                .text =
                    [] {
                      return FusedText{.forward = {{{"y = x", ""}}}, .backward = {{{"dx = dy", "direct"}}}};
                    }});
  const Graph graph = snapshot(tape);
  const GraphNode& node = graph.nodes.back();
  CHECK(node.op == "mine");
  CHECK(node.formula.empty());
  CHECK(node.text.backward[0][0].mark == "direct");
  REQUIRE(node.saved.size() == 2);
  CHECK(node.saved[0].name == "input");
  CHECK(node.saved[0].source == 1);
  CHECK(node.saved[1].name == "extra");
  CHECK(node.saved[1].source == -1);
  CHECK(saved_bytes(graph) == 16 + 24);
}

TEST_CASE("Values and cotangents are told up to a size", "[autodiff][graph]") {
  Tape<double> tape;
  tape.keep_values(true);
  const Var<double> x = tape.leaf(a2, "x");
  const Var<double> y = x * 3;
  const auto grads = backward(y, Tensor<double>({2}, {1, 2}), {.keep_cotangents = true});
  const Graph graph = snapshot(tape, grads);
  CHECK(graph.nodes[1].value == Values{3, -6});
  CHECK(graph.nodes[1].cotangent == Values{1, 2});
  CHECK(graph.nodes[0].cotangent == Values{3, 6});
  CHECK_FALSE(snapshot(tape).nodes[0].cotangent);
  CHECK_FALSE(snapshot(tape, grads, {.most_values = 1}).nodes[1].value);
  CHECK_FALSE(snapshot(tape, grads, {.most_values = 1}).nodes[1].cotangent);
  Tape<double> other;
  CHECK_THROWS_WITH(snapshot(other, grads), "snapshot: the gradients are of another tape");
}

TEST_CASE("A name that is an expression goes in brackets", "[autodiff][graph]") {
  Tape<double> tape;
  const Var<double> sum = tape.leaf(a2, "a + b");
  tape.leaf(a2);
  sqrt(sum), exp(sum);
  const Graph graph = snapshot(tape);
  CHECK(graph.nodes[2].formula == "√(a + b)");
  CHECK(graph.nodes[3].formula == "exp(a + b)");
}

TEST_CASE("A node tells its vjps in words", "[autodiff][graph]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(Tensor<double>({3, 2}, {1, 2, 3, 4, 5, 6}), "x"), w = tape.leaf(a2, "w");
  const Var<double> k(Tensor<double>({2}, {3, 4}));
  const auto vjp = [&](const Var<double>& v) {
    label(v, "y");
    return snapshot(tape).nodes[static_cast<std::size_t>(v.id())].vjp;
  };
  using Rules = std::vector<std::string>;
  CHECK(vjp(x - w) == Rules{"∂y", "−Σ ∂y"});
  CHECK(vjp(x * w) == Rules{"w · ∂y", "Σ x · ∂y"});
  CHECK(vjp(w * k) == Rules{"%4 · ∂y", ""});
  CHECK(vjp(w / k)[0] == "∂y / %6");
  CHECK(vjp(square(w)) == Rules{"2 w · ∂y"});
  CHECK(vjp(rsqrt(w)) == Rules{"−½ y³ · ∂y"});
  CHECK(vjp(mean(x, {0}, keep_dims)) == Rules{"∂y / 3"});
  CHECK(vjp(matmul(x, transpose(x)))[0] == "∂y %11ᵀ");
  const Var<double> product = x * x;
  label(product, "x·x");
  CHECK(snapshot(tape).nodes.back().vjp == Rules{"x · ∂(x·x)", "x · ∂(x·x)"});
}

TEST_CASE("What the vjps of its readers gave a node adds up to its cotangent", "[autodiff][graph]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(Tensor<double>({3}, {1, -2, 4}), "x"),
                    w = tape.leaf(Tensor<double>::scalar(3), "w");
  const Var<double> y = x * x + exp(x) * w + sum(x * w, {0}, keep_dims);
  const Gradients<double> gradients =
      backward(y, Tensor<double>({3}, {0.5, -1, 2}), {.keep_saved = true, .keep_cotangents = true});
  const Graph graph = snapshot(tape, gradients);
  for (const GraphNode& node : graph.nodes) {
    REQUIRE(node.has_cotangent);
    if (node.id == y.id()) continue;
    Values total(node.cotangent->size(), 0);
    for (const GraphNode& reader : graph.nodes) {
      for (std::size_t a = 0; a < reader.inputs.size(); ++a) {
        if (reader.inputs[a] != node.id) continue;
        REQUIRE(reader.passed_on[a]);
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += (*reader.passed_on[a])[i];
      }
    }
    for (std::size_t i = 0; i < total.size(); ++i)
      CHECK(std::abs(total[i] - (*node.cotangent)[i]) < 1e-13 * 400);
  }
  CHECK(*graph.nodes[0].cotangent == Values{gradients[x][0], gradients[x][1], gradients[x][2]});
}

TEST_CASE("After a sweep that released what was saved, nothing is told of the edges", "[autodiff][graph]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x");
  const Graph graph = snapshot(tape, backward(square(x), a2, {.keep_cotangents = true}));
  CHECK(graph.nodes[1].has_cotangent);
  CHECK(graph.nodes[1].passed_on.empty());
}

TEST_CASE("scope_path refuses a scope that the graph has not, and one that does not lead to the top",
          "[autodiff][graph]") {
  Graph graph;
  graph.scopes = {{"", 0}, {"layer", 0}, {"stage", 1}, {"loop", 3}};
  CHECK(scope_path(graph, 0).empty());
  CHECK(scope_path(graph, 2) == "layer/stage");
  CHECK_THROWS_WITH(scope_path(graph, 9), "scope_path: scope is 9, expected a scope of the graph");
  CHECK_THROWS_AS(scope_path(graph, -1), ValueError);
  CHECK_THROWS_WITH(scope_path(graph, 3),
                    "scope_path: the parent of a scope is 3, expected an earlier scope");
}

TEST_CASE("A graph is data: it outlives its tape and is the same in two runs", "[autodiff][graph]") {
  const auto make = [] {
    Tape<double> tape;
    const Var<double> x = tape.leaf(a2, "x");
    backward(sum(tanh(x) * x), {.record = true});
    return snapshot(tape);
  };
  const Graph first = make(), second = make();
  REQUIRE(first.nodes.size() == second.nodes.size());
  for (std::size_t i = 0; i < first.nodes.size(); ++i) {
    CHECK(first.nodes[i].formula == second.nodes[i].formula);
    CHECK(first.nodes[i].inputs == second.nodes[i].inputs);
    REQUIRE(first.nodes[i].saved.size() == second.nodes[i].saved.size());
    for (std::size_t k = 0; k < first.nodes[i].saved.size(); ++k) {
      CHECK(first.nodes[i].saved[k].buffer == second.nodes[i].saved[k].buffer);
    }
  }
}
