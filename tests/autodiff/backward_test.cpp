// SPDX-License-Identifier: MIT
#include <autodiff/fuse.h>
#include <tests/support/all_close.h>
#include <tests/support/differences.h>
#include <tests/support/tolerances.h>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double> a3({3}, {1, -2, 4});
const Tensor<double> b3({3}, {0.5, 3, -1});

// Everything a snapshot tells, so that two of them can be compared.
std::string told(const Tape<double>& tape) {
  std::string text;
  const Graph graph = snapshot(tape);
  for (const GraphNode& n : graph.nodes) {
    text += std::to_string(n.id) + n.op + n.label + scope_path(graph, n.scope) +
            std::to_string(n.saved.size()) + (n.released ? "released" : "") + std::to_string(n.marks.size()) +
            "\n";
  }
  return text + std::to_string(graph.scopes.size());
}

Tensor<double> filled(double value) { return Tensor<double>::full({3}, value); }

}  // namespace

TEST_CASE("A scalar needs no cotangent, anything else does", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  CHECK_THAT(backward(sum(square(x)))[x], Equals(Tensor<double>({3}, {2, -4, 8})));
  CHECK_THAT(backward(reshape(sum(x), {1, 1}))[x], Equals(filled(1)));
  CHECK_THROWS_WITH(backward(x + x),
                    "backward: y has shape [3], expected one element or a cotangent dy of that shape");
}

TEST_CASE("What cannot be differentiated is refused with a reason", "[autodiff][backward]") {
  Tape<double> tape, other;
  const Var<double> x = tape.leaf(a3, "x"), elsewhere = other.leaf(a3);
  const Var<double> y = x * x;
  CHECK_THROWS_WITH(backward(Var<double>(a3), a3), "backward: y is a constant, expected a Var on a tape");
  CHECK_THROWS_AS(backward(Var<double>()), TapeError);
  CHECK_THROWS_WITH(backward(y, Tensor<double>({2}, {1, 2})), "backward: dy has shape [2], expected [3]");
  CHECK_THROWS_WITH(backward(y, Var<double>()),
                    "backward: dy has no value, expected a cotangent of shape [3]");
  CHECK_THROWS_WITH(backward(y, elsewhere), "backward: dy is on another tape than y");
  CHECK_THROWS_WITH(backward(y, a3, {.wrt = {elsewhere}}),
                    "backward: a Var in .wrt is not on the tape of what is differentiated");
  CHECK_THROWS_AS(backward(y, a3, {.record = true, .wrt = {Var<double>(a3)}}), TapeError);
  CHECK(tape.size() == 2);
  CHECK_THAT(backward(y, a3)[x], Equals(Tensor<double>({3}, {2, 8, 32})));
}

TEST_CASE("Contributions add up, however often a Var is used", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  SECTION("twice in one op") { CHECK_THAT(backward(x + x, b3)[x], Equals(Tensor<double>({3}, {1, 6, -2}))); }
  SECTION("many times over") {
    Var<double> y = x;
    for (int i = 0; i < 99; ++i) y = y + x;
    CHECK_THAT(backward(y, filled(1))[x], Equals(filled(100)));
  }
  SECTION("doubled twenty times") {
    Var<double> y = x;
    for (int i = 0; i < 20; ++i) y = y + y;
    CHECK_THAT(backward(y, filled(1))[x], Equals(filled(1 << 20)));
  }
  SECTION("on both arms of a fork") {
    const Var<double> shared = x * 2;
    const Var<double> y = (shared + x) + (shared - x) * shared;
    CHECK_THAT(backward(y, filled(1))[x], Equals(Tensor<double>({3}, {7, -5, 19})));
  }
}

TEST_CASE("One cotangent given to two inputs is never added into in place", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3), z = tape.leaf(b3);
  const Tensor<double> dy({3}, {1, 2, 3});
  const auto grads = backward((x + z) + x, dy, {.keep_cotangents = true});
  CHECK_THAT(grads[z], Equals(dy));
  CHECK_THAT(grads[x], Equals(Tensor<double>({3}, {2, 4, 6})));
  CHECK_THAT(dy, Equals(Tensor<double>({3}, {1, 2, 3})));
}

TEST_CASE("The caller's cotangent is read, never written", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  Tensor<double> dy({3}, {1, 2, 3});
  const Tensor<double> borrowed = Tensor<double>::borrow(a3.data(), {3});
  backward(exp(-x * 3), dy);
  backward(exp(-x * 3), borrowed);
  CHECK_THAT(dy, Equals(Tensor<double>({3}, {1, 2, 3})));
  CHECK_THAT(a3, Equals(Tensor<double>({3}, {1, -2, 4})));
  CHECK(dy.mutable_data() != nullptr);
}

TEST_CASE("The gradient of a leaf with respect to itself is the cotangent", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  CHECK_THAT(backward(x, b3)[x], Equals(b3));
  CHECK_THAT(backward(x, b3, {.record = true}).var(x).value(), Equals(b3));
}

TEST_CASE("A sweep releases what was saved, and a second one says so", "[autodiff][backward]") {
  Tape<double> tape;
  const std::size_t live = memory::stats().live_bytes;
  const Var<double> x = tape.leaf(a3, "x");
  Var<double> e = exp(x * 2);
  label(e, "e");
  const Var<double> y = sum(std::move(e));
  backward(y);
  CHECK(snapshot(tape).nodes[2].released);
  CHECK_FALSE(snapshot(tape).nodes[1].released);
  CHECK(memory::stats().live_bytes == live + y.value().bytes());
  const std::string before = told(tape);
  CHECK_THROWS_WITH(
      backward(y),
      "backward: what exp %2 \"e\" saved was released by an earlier sweep, expected .keep_saved on that one");
  CHECK_THROWS_AS(backward(y, {.record = true}), TapeError);
  CHECK(told(tape) == before);
}

TEST_CASE("A refused sweep drops nothing, not even above the node that refuses", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  const Var<double> inner = exp(x);
  backward(inner, a3);
  const Var<double> outer = tape.leaf(b3);
  const Var<double> y = square(inner) * outer;
  const std::string before = told(tape);
  CHECK_THROWS_AS(backward(y, a3), TapeError);
  CHECK(told(tape) == before);
  CHECK_THAT(backward(y, filled(1), {.wrt = {outer}})[outer],
             Equals(square(Var<double>(inner.value())).value()));
}

TEST_CASE("keep_saved and record allow another sweep, and nothing saved means nothing released",
          "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  const Var<double> y = exp(x);
  const Tensor<double> once = backward(y, b3, {.keep_saved = true})[x];
  CHECK_THAT(backward(y, b3, {.record = true})[x], Equals(once));
  CHECK_THAT(backward(y, b3)[x], Equals(once));
  const Var<double> linear = x * 2 + x;
  backward(linear, b3);
  CHECK_THAT(backward(linear, filled(1))[x], Equals(filled(3)));
}

TEST_CASE("A sweep to an inner Var leaves what lies below it to the next", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  const Var<double> h = square(x);
  const Var<double> y = exp(h * 0.125);
  const Tensor<double> dh = backward(y, b3, {.wrt = {h}})[h];
  const Tensor<double> dx = backward(h, dh)[x];
  const auto whole = vjp_of<double>([](Vars<double> in) { return exp(square(in[0]) * 0.125); }, {a3}, b3);
  CHECK_THAT(dx, AllClose(whole[0], rounding<double>()));
}

TEST_CASE("The seed is on the tape: d(3x)/dx is 3, and its derivative is zero", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  const auto first = backward(x * 3, filled(1), {.record = true});
  REQUIRE(first.reached(x));
  const Var<double> dx = first.var(x);
  CHECK(dx.on_tape());
  CHECK_THAT(dx.value(), Equals(filled(3)));
  const auto second = backward(dx, b3);
  CHECK_FALSE(second.reached(x));
  CHECK_THAT(second[x], Equals(filled(0)));
}

TEST_CASE("A recorded sweep can be differentiated with respect to its cotangent", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3), dy = tape.leaf(b3);
  const Var<double> dx = backward(square(x), dy, {.record = true}).var(x);
  const auto grads = backward(dx, Tensor<double>({3}, {1, 10, 100}));
  CHECK_THAT(grads[dy], Equals(Tensor<double>({3}, {2, -40, 800})));
  CHECK_THAT(grads[x], Equals(Tensor<double>({3}, {1, 60, -200})));
}

TEST_CASE("Derivatives of a derivative, to fifth order", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  Var<double> y = exp(x * 0.5);
  const Tensor<double> value = y.value();
  for (int order = 0; order < 5; ++order) y = backward(y, filled(1), {.record = true}).var(x);
  for (Index i = 0; i < 3; ++i) CHECK(std::abs(y.value()[i] / value[i] - 1.0 / 32) < rounding<double>());
}

TEST_CASE("Recorded and plain sweeps give the same bits", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3), z = tape.leaf(b3);
  const Var<double> y = tanh(x * z) / (square(z) + 1) - max(x);
  const Tensor<double> dy = Random(3).tensor<double>({3});
  const auto recorded = backward(y, dy, {.record = true});
  const auto plain = backward(y, dy);
  CHECK_THAT(recorded[x], Equals(plain[x]));
  CHECK_THAT(recorded[z], Equals(plain[z]));
}

TEST_CASE("A recorded sweep mirrors the stages of the program under \"backward\"", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a3);
  const auto program = [&] {
    const auto layer = scope(x, "layer");
    const auto stage = scope(x, "stage");
    return square(x);
  };
  const Var<double> y = program() + x;
  const Index forward = tape.size();
  backward(y, b3, {.record = true});
  const Graph graph = snapshot(tape);
  CHECK(graph.nodes[static_cast<std::size_t>(forward)].label == "dy");
  std::vector<std::string> paths;
  for (const GraphNode& node : graph.nodes) {
    CHECK(node.backward == (node.id >= forward));
    if (node.backward) paths.push_back(scope_path(graph, node.scope));
  }
  CHECK_THAT(paths, Catch::Matchers::Contains(std::vector<std::string>{"backward/layer/stage"}));
  backward(y, b3, {.record = true});
  CHECK(scope_path(snapshot(tape), static_cast<int>(snapshot(tape).scopes.size()) - 1) ==
        "backward#2/layer/stage");
  const Var<double> after = x + x;
  CHECK_FALSE(snapshot(tape).nodes[static_cast<std::size_t>(after.id())].backward);
}

TEST_CASE("A chain of a million ops records, differentiates and is destroyed", "[autodiff][backward]") {
  const std::size_t live = memory::stats().live_bytes;
  {
    Tape<float> tape;
    const Var<float> x = tape.leaf(Tensor<float>::scalar(1));
    Var<float> y = x;
    for (int i = 0; i < 500000; ++i) y = -(y + 1);
    CHECK(backward(y)[x].item() == 1);
    CHECK(tape.size() == 1000001);
    CHECK(backward(y, {.record = true}).var(x).value().item() == 1);
    CHECK(tape.size() > 1500000);
  }
  CHECK(memory::stats().live_bytes == live);
}
