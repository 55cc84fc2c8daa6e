// SPDX-License-Identifier: MIT
// The overlay of an example small enough for exact numbers: x = (1, 3, 1, 3), gamma 2, beta 1, eps 0, and the
// cotangent (1, 0, 0, 0). By hand: dx = (2, 0, 0, 0) + (−½, −½, −½, −½) + (−½, ½, −½, ½) = (1, 0, −1, 0).
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <tests/support/catch.h>
#include <tests/support/dot_statements.h>
#include <tools/draw/dot.h>
#include <tools/draw/dot_numbers.h>
#include <tools/draw/overlay_graph.h>
#include <tools/draw/render.h>

#include <cmath>
#include <limits>
#include <type_traits>

using namespace wengert;
using namespace wengert::testing;

namespace {

struct Example {
  explicit Example(bool fused) {
    tape.keep_values(true);
    const auto leaf = [&](Shape shape, std::initializer_list<double> values, const char* name) {
      return tape.leaf(Tensor<double>(shape, values), name);
    };
    x = leaf({4, 1}, {1, 3, 1, 3}, "x");
    gamma = leaf({1}, {2}, "γ");
    beta = leaf({1}, {1}, "β");
    const BatchNormOptions options{.eps = 0};
    y = fused ? fused::batch_norm(x, gamma, beta, options).y : staged::batch_norm(x, gamma, beta, options).y;
  }
  Tape<double> tape;
  Var<double> x, gamma, beta, y;
  Tensor<double> dy{Shape{4, 1}, {1, 0, 0, 0}};
};

std::string numbers(std::initializer_list<double> values) {
  const std::vector<double> v(values);
  return numbers_text(v, Shape{static_cast<Index>(v.size())});
}

}  // namespace

TEST_CASE("the overlay of the exact example adds up the pathways at x", "[tools][overlay]") {
  const Example example(GENERATE(false, true));
  const std::string dot = to_dot(overlay_graph(example.tape, example.y, example.dy), {.view = View::overlay});
  const std::string x = statement(dot, "n0");
  CHECK(contains(x, "= (1, 3, 1, 3)<"));
  CHECK(contains(x, "<B>∂x = (2, 0, 0, 0)</B>"));
  CHECK(contains(x,
                 "+ (−½, −½, −½, −½)</B></FONT><FONT POINT-SIZE=\"10\" COLOR=\"#0063a0\">&#160;&#160;mean<"));
  CHECK(contains(
      x, "+ (−½, ½, −½, ½)</B></FONT><FONT POINT-SIZE=\"10\" COLOR=\"#b04a00\">&#160;&#160;variance<"));
  CHECK(contains(x, "= (1, 0, −1, 0)</B>"));
  CHECK(contains(statement(dot, "n1"), "<B>∂γ = −1</B>"));
  CHECK(contains(statement(dot, "n2"), "<B>∂β = 1</B>"));
}

TEST_CASE("the overlay shows value and cotangent of every edge", "[tools][overlay]") {
  const Example example(false);
  const std::string dot = to_dot(overlay_graph(example.tape, example.y, example.dy), {.view = View::overlay});
  const auto edge = [&](const char* ends) { return statement(dot, ends); };
  CHECK(contains(edge("n0 -> n3"), "color=\"#1f2328:#c2122e\" dir=\"both\""));
  CHECK(contains(edge("n0 -> n3"), "(1, 3, 1, 3)"));
  CHECK(contains(edge("n0 -> n3"), "(−½, −½, −½, −½)"));
  CHECK(contains(edge("n0 -> n4"), "(1½, ½, −½, ½)"));
  CHECK(contains(edge("n4 -> n5"), "(−½, ½, −½, ½)"));
  CHECK(contains(edge("n4 -> n10"), "(2, 0, 0, 0)"));
  CHECK(contains(edge("n9 -> n10"), ">&#160;&#160;−2 &#160;<"));
  CHECK(contains(statement(dot, "n4"), "∂x += ∂c, &#160;∂μ"));
  CHECK(contains(statement(dot, "n4"), "= −Σ ∂c"));
  CHECK(contains(statement(dot, "out_n12"), "∂y = (1, 0, 0, 0)"));
  CHECK(contains(statement(dot, "out_n12"), "seed"));
}

TEST_CASE("the cotangents of the overlay are those that backward returns", "[tools][overlay]") {
  const Example example(GENERATE(false, true));
  const Graph graph = overlay_graph(example.tape, example.y, example.dy);
  const Gradients<double> gradients = backward(example.y, example.dy, {.keep_saved = true});
  for (const Var<double>& leaf : {example.x, example.gamma, example.beta}) {
    const Tensor<double> gradient = gradients[leaf];
    const GraphNode& node = graph.nodes[static_cast<std::size_t>(leaf.id())];
    std::vector<double> total(node.cotangent->size(), 0), parts = total;
    for (const GraphNode& reader : graph.nodes) {
      for (std::size_t a = 0; a < reader.passed_on.size(); ++a) {
        if (reader.inputs[a] != node.id) continue;
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += (*reader.passed_on[a])[i];
      }
    }
    for (const PathPart& part : node.by_path) {
      for (std::size_t i = 0; i < parts.size(); ++i) parts[i] += part.cotangent[i];
    }
    for (std::size_t i = 0; i < total.size(); ++i) {
      CHECK((*node.cotangent)[i] == gradient[static_cast<Index>(i)]);
      CHECK(total[i] == gradient[static_cast<Index>(i)]);
      CHECK(parts[i] == gradient[static_cast<Index>(i)]);
    }
  }
}

TEST_CASE("a gradient that no sweep computed is left out, not drawn as 0", "[tools][overlay]") {
  const Example example(false);
  const std::string dot = to_dot(snapshot(example.tape), {.view = View::overlay});
  CHECK_FALSE(contains(statement(dot, "n0"), "∂"));
  CHECK_FALSE(contains(statement(dot, "n0 -> n3"), "dir="));
  CHECK(contains(statement(dot, "n0 -> n3"), "(1, 3, 1, 3)"));
}

TEST_CASE("tensors too large to write out are told by shape and bytes", "[tools][overlay]") {
  Tape<float> tape;
  tape.keep_values(true);
  const Var<float> x = tape.leaf(Tensor<float>::full({7, 3}, 0.5F), "x");
  const Var<float> y = tanh(x);
  const std::string dot =
      to_dot(overlay_graph(tape, y, Tensor<float>::full({7, 3}, 2.F)), {.view = View::overlay});
  CHECK(contains(statement(dot, "n0"), "7×3 · 84 B"));
  CHECK(contains(statement(dot, "n0 -> n1"), "∂ 7×3 · 84 B"));
}

TEST_CASE("an overlay renders, in ASCII too", "[tools][overlay]") {
  const Example example(false);
  const std::string dot = to_dot(overlay_graph(example.tape, example.y, example.dy),
                                 {.title = "example", .view = View::overlay, .ascii = true});
  CHECK(std::all_of(dot.begin(), dot.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  CHECK(contains(dot, "(1.5, 0.5, -0.5, 0.5)"));
  if (can_render()) CHECK_NOTHROW(render(dot, Format::svg));
}

TEST_CASE("numbers are fractions where all are, and short", "[tools][overlay]") {
  CHECK(numbers({1.5}) == "1½");
  CHECK(numbers({-0.25, 0, 2}) == "(−¼, 0, 2)");
  CHECK(numbers({0.5, 1.0 / 3}) == "(0.5, 0.3333)");
  CHECK(numbers({1.25e-7}) == "1.25e−07");
  CHECK(numbers({std::nan(""), -std::numeric_limits<double>::infinity()}) == "(NaN, −∞)");
  CHECK(numbers({-0.0}) == "0");
  CHECK(numbers_text(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3}) == "(1, 2, 3; 4, 5, 6)");
  CHECK(numbers_text(std::vector<double>(16, 1.0), {16}) == "(1, 1, 1, 1, …, 1, 1, 1, 1)");
}
