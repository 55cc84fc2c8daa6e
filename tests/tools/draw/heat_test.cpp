// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <tests/support/catch.h>
#include <tests/support/dot_statements.h>
#include <tests/support/sample_graphs.h>
#include <tools/draw/dot.h>
#include <tools/draw/node_errors.h>
#include <tools/draw/render.h>

#include <cmath>

using namespace wengert;
using namespace wengert::testing;
using Catch::Matchers::Message;

TEST_CASE("cards are filled by their share of the longest time", "[tools][heat]") {
  const std::string dot = to_dot(timed_batch_norm(), {.view = View::heat_time});
  CHECK(contains(statement(dot, "n3"), "fillcolor=\"#a18ad8\""));
  CHECK(contains(statement(dot, "n3"), "6.1 µs · 16 %"));
  CHECK(contains(statement(dot, "n7"), "fillcolor=\"#fbf9fe\""));
  CHECK(contains(dot, "time, forward and backward"));
}

TEST_CASE("cards are filled by the bytes of their values", "[tools][heat]") {
  const std::string dot = to_dot(staged_batch_norm(), {.view = View::heat_bytes});
  CHECK(contains(statement(dot, "n4"), "fillcolor=\"#a18ad8\""));
  CHECK(contains(statement(dot, "n4"), "64 KiB · 20 %"));
  CHECK(contains(statement(dot, "n6"), "fillcolor=\"#fbf9fe\""));
}

TEST_CASE("errors are those of the values against a wider type", "[tools][heat]") {
  const auto record = [](auto& tape) {
    using T = typename std::remove_reference_t<decltype(tape)>;
    using V = std::conditional_t<std::is_same_v<T, Tape<float>>, float, double>;
    tape.keep_values(true);
    const auto x = tape.leaf(Tensor<V>({3}, {1, 2, 4}), "x");
    exp(x / V(3)) - V(1);
  };
  Tape<float> narrow;
  Tape<double> wide, other;
  record(narrow);
  record(wide);
  Graph graph = snapshot(narrow);
  measure_errors(graph, narrow, wide);
  CHECK(graph.nodes[0].error == 0.0);
  for (const std::size_t i : {1U, 2U, 3U}) {
    CHECK(*graph.nodes[i].error > 0);
    CHECK(*graph.nodes[i].error < 4);
  }
  double squares = 0, most = 0;
  for (float v : {1.F, 2.F, 4.F}) {
    const double exact = v / 3.0;
    most = std::max(most, std::abs(double(v / 3.F) - exact));
    squares += exact * exact;
  }
  CHECK(std::abs(*graph.nodes[1].error - most / (std::sqrt(squares / 3) * std::ldexp(1.0, -24))) < 1e-6);
  const std::string dot = to_dot(graph, {.view = View::heat_error});
  CHECK(contains(dot, "roundings u"));
  if (can_render()) CHECK_NOTHROW(render(dot, Format::svg));

  other.keep_values(true);
  sqrt(other.leaf(Tensor<double>({3}, {1, 2, 4})));
  CHECK_THROWS_MATCHES(measure_errors(graph, narrow, other), ValueError,
                       Message("measure_errors: node %1 is another one on the wider tape, expected the same "
                               "program with its values kept"));
}
