// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <tests/support/all_close.h>

using namespace wengert;
using namespace wengert::test;

namespace {

std::string path_of(const Tape<double>& tape, const Var<double>& v) {
  const Graph graph = snapshot(tape);
  return scope_path(graph, graph.nodes[static_cast<std::size_t>(v.id())].scope);
}

const Tensor<double> two({2}, {1, 2});

}  // namespace

TEST_CASE("A leaf is a node with a value, a label and a gradient", "[autodiff][tape]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(two, "x");
  CHECK(x.on_tape());
  CHECK(x.id() == 0);
  CHECK(tape.size() == 1);
  CHECK(x.value().buffer() == two.buffer());
  CHECK(tape.state().describe(x.id()) == "%0 \"x\"");
  CHECK(tape.state().describe(tape.leaf(two).id()) == "%1");
}

TEST_CASE("A leaf without a value is refused", "[autodiff][tape]") {
  Tape<double> tape;
  CHECK_THROWS_WITH(tape.leaf({}, "x"), "leaf: \"x\" has no value, expected a tensor");
  CHECK_THROWS_AS(tape.leaf(Tensor<double>()), TapeError);
  CHECK(tape.size() == 0);
}

TEST_CASE("With check_finite a leaf must be finite", "[autodiff][tape]") {
  Tape<double> tape;
  tape.check_finite(true);
  CHECK_THROWS_WITH(tape.leaf(Tensor<double>({2}, {1, std::nan("")}), "x"),
                    "leaf \"x\": value has nan at [1], expected finite values");
  CHECK(tape.size() == 0);
}

TEST_CASE("A Var keeps its tape alive", "[autodiff][tape]") {
  Var<double> y;
  Var<double> x;
  {
    Tape<double> tape;
    x = tape.leaf(two, "x");
    y = sum(square(x));
  }
  CHECK_THAT(backward(y)[x], Equals(Tensor<double>({2}, {2, 4})));
}

TEST_CASE("A tape and its Vars leave no byte behind, in whatever order they go", "[autodiff][tape]") {
  const std::size_t live = memory::stats().live_bytes;
  {
    std::optional<Tape<double>> tape(std::in_place);
    const Var<double> x = tape->leaf(Tensor<double>::zeros({100}));
    const Var<double> y = exp(x) * x;
    tape.reset();
    const Var<double> z = y + x;
    CHECK(z.on_tape());
  }
  CHECK(memory::stats().live_bytes == live);
}

TEST_CASE("Copies of a tape are the same tape", "[autodiff][tape]") {
  Tape<double> tape;
  Tape<double> other = tape;
  const Var<double> x = tape.leaf(two), y = other.leaf(two);
  CHECK((x + y).id() == 2);
  CHECK(tape.size() == 3);
}

TEST_CASE("Scopes nest, and end where their braces do", "[autodiff][tape]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(two);
  {
    const auto outer = scope(x, "layer");
    const Var<double> a = x + x;
    CHECK(path_of(tape, a) == "layer");
    {
      const auto inner = scope(x, "variance");
      CHECK(path_of(tape, x + x) == "layer/variance");
      CHECK(path_of(tape, tape.leaf(two)) == "layer/variance");
    }
    CHECK(path_of(tape, a + a) == "layer");
  }
  CHECK(path_of(tape, x + x).empty());
}

TEST_CASE("The second scope of a name in one place gets a number", "[autodiff][tape]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(two);
  const auto layer_of = [&](const char* name) {
    const auto layer = scope(x, name);
    return path_of(tape, x + x);
  };
  CHECK(layer_of("norm") == "norm");
  CHECK(layer_of("norm") == "norm#2");
  CHECK(layer_of("other") == "other");
  CHECK(layer_of("norm") == "norm#3");
  CHECK(layer_of("nor") == "nor");
  const auto outer = scope(x, "other");
  CHECK(layer_of("norm") == "other#2/norm");
}

TEST_CASE("A scope is closed when an op in it throws", "[autodiff][tape]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(two);
  const auto failing = [&] {
    const auto stage = scope(x, "stage");
    return x + Var<double>(Tensor<double>::zeros({3}));
  };
  CHECK_THROWS_AS(failing(), ShapeError);
  CHECK(path_of(tape, x + x).empty());
}

TEST_CASE("Labels and marks are kept, and the last label stands", "[autodiff][tape]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(two, "x");
  const Var<double> y = x + x;
  label(y, "first");
  label(y, "μ_B");
  mark(y, "mean");
  const Graph graph = snapshot(tape);
  CHECK(graph.nodes[1].label == "μ_B");
  CHECK(graph.nodes[1].marks == std::vector<std::string>{"mean"});
}

TEST_CASE("Off the tape, labels, marks and scopes do nothing", "[autodiff][tape]") {
  const Var<double> c(two);
  const auto stage = scope(c, "stage");
  label(c, "c");
  mark(c, "mean");
  CHECK_FALSE((c + c).on_tape());
  CHECK_NOTHROW(label(Var<double>(), "none"));
}

TEST_CASE("Vars of two tapes do not mix, and neither tape changes", "[autodiff][tape]") {
  Tape<double> first, second;
  const Var<double> x = first.leaf(two, "x"), y = second.leaf(two);
  CHECK_THROWS_WITH(x * y, "mul: inputs %0 \"x\" and %0 are on two tapes, expected one");
  CHECK_THROWS_AS(select(Var<double>(two), x, y), TapeError);
  CHECK(first.size() == 1);
  CHECK(second.size() == 1);
}
