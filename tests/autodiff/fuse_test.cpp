// SPDX-License-Identifier: MIT
#include <autodiff/fuse.h>
#include <autodiff/graph.h>
#include <autodiff/split_by_path.h>
#include <tests/support/check_op.h>

using namespace wengert;
using namespace wengert::test;

namespace {

template <class T>
Var<T> staged_gate(std::span<const Var<T>> in) {
  const auto stage = scope(in[0], "gate");
  const Var<T> s = sigmoid(in[0]);
  mark(s, "gate");
  return in[0] * s * in[1];
}

// y = x·sigmoid(x)·scale as one node.
template <class T>
Fusion<T> gate(Var<T> x, Var<T> scale) {
  return {.op = "gate",
          .inputs = {{"x", x}, {"scale", scale}},
          .forward =
              [x, scale](Saved<T>& save) {
                save.add("s", sigmoid(Var<T>(x.value())).value());
                return (Var<T>(x.value()) * Var<T>(save["s"]) * Var<T>(scale.value())).value();
              },
          .vjp =
              [](const Saved<T>& saved, const Tensor<T>& dy) {
                const Var<T> in(saved["x"]), s(saved["s"]), factor(saved["scale"]), d(dy);
                const Var<T> slope = s * (T(1) + in * (T(1) - s));
                Tensor<T> dscale;
                if (saved.needs_gradient("scale")) dscale = sum_to(d * in * s, factor.shape()).value();
                return std::vector<Tensor<T>>{(d * slope * factor).value(), dscale};
              },
          .staged = staged_gate<T>};
}

const auto fused = [](auto in) { return fuse(gate(in[0], in[1])); };

Fusion<double> without_staged_form(const Var<double>& x) {
  Fusion<double> fusion = gate<double>(x, Var<double>(Tensor<double>::scalar(2)));
  fusion.staged = {};
  return fusion;
}

const Tensor<double> a2({2}, {1, -2});

using ClosedForm = std::function<std::vector<Tensor<double>>(const Saved<double>&, const Tensor<double>&)>;

Var<double> with_closed_form(const Var<double>& x, ClosedForm vjp) {
  return fuse<double>({.op = "mine",
                       .inputs = {{"x", x}, {"twice", x + x}},
                       .forward = [](Saved<double>& save) { return save["x"].clone(); },
                       .vjp = std::move(vjp)});
}

}  // namespace

TEST_CASE("A fused node answers first derivatives by its closed form and higher ones by its staged form",
          "[autodiff][fuse]") {
  Random random(73);
  check_op(fused, {random.tensor<float>({3, 2}), random.tensor<float>({2})}, 32);
  check_op(fused, {random.tensor<float>({0, 2}), random.tensor<float>({})});
  const Function<double> f = fused;
  const Tensors<double> at{random.tensor<double>({3, 2}), random.tensor<double>({2})};
  CHECK(directional_error(differentiated(differentiated(f)), at) < finite_difference);
}

TEST_CASE("Inside a larger graph a fused node is as good as its staged form, to second order",
          "[autodiff][fuse]") {
  Random random(79);
  const Tensors<double> at{random.tensor<double>({3, 2}), random.tensor<double>({2})};
  const auto network = [](auto node) {
    return Function<double>([node](Vars<double> in) {
      const Var<double> h = exp(in[0]) * in[1];
      const std::array<Var<double>, 2> first{h, in[1]};
      const Var<double> y = node(std::span<const Var<double>>(first));
      const std::array<Var<double>, 2> second{y + in[0], sum(h)};
      return node(std::span<const Var<double>>(second)) * h + y;
    });
  };
  const Function<double> one = network(fused), many = network(staged_gate<double>);
  const Tensor<double> dy = random.tensor<double>({3, 2});
  for (const auto& [f, g] : {std::pair{one, many}, std::pair{differentiated(one), differentiated(many)}}) {
    const Tensor<double> d = dy.size() == value_of(f, at).size() ? dy : Tensor<double>::scalar(1);
    const auto got = vjp_of(f, at, d), expected = vjp_of(g, at, d);
    for (std::size_t i = 0; i < at.size(); ++i)
      CHECK_THAT(got[i], AllClose(expected[i], rounding<double>(16)));
  }
}

TEST_CASE("On constants a fusion just computes; a constant input gets no gradient", "[autodiff][fuse]") {
  const Var<double> c(a2), scale(Tensor<double>::scalar(3));
  CHECK_FALSE(fuse(gate(c, scale)).on_tape());
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x");
  const Var<double> y = fuse(gate(x, scale));
  CHECK(tape.size() == 3);
  const Graph graph = snapshot(tape);
  CHECK(graph.nodes[2].fused);
  CHECK(graph.nodes[2].op == "gate");
  CHECK(graph.nodes[2].saved.size() == 3);
  CHECK(backward(y, a2).reached(x));
  CHECK(snapshot(tape).nodes[2].released);
  CHECK_THROWS_WITH(
      backward(y, a2),
      "backward: what gate %2 saved was released by an earlier sweep, expected .keep_saved on that one");
}

TEST_CASE("Without a staged form a node refuses all that goes beyond the first derivative, by name",
          "[autodiff][fuse]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x");
  const Var<double> h = x * 2;
  const Var<double> node = fuse(without_staged_form(h));
  label(node, "g");
  const Var<double> y = square(node);
  const Index nodes = tape.size();
  CHECK_THROWS_WITH(backward(y, a2, {.record = true}),
                    "gate %3 \"g\": has no staged form, expected one for a recorded sweep; its closed form "
                    "answers first derivatives only");
  CHECK_THROWS_WITH(
      split_by_path(y, a2, x),
      "gate %3 \"g\": has no staged form, expected one for split_by_path; its closed form answers "
      "first derivatives only");
  const std::vector<Var<double>> in{x};
  CHECK_THROWS_AS(jvp<double>(y, in, std::vector{a2}), TapeError);
  CHECK(tape.size() == nodes);
  CHECK_FALSE(snapshot(tape).nodes[4].released);
  CHECK(backward(y, a2, {.record = true, .wrt = {node}}).reached(node));
  CHECK(split_by_path(y, a2, node).size() == 1);
  CHECK(backward(y, a2).reached(x));
}

TEST_CASE("A closed form must give one cotangent of the right shape for every input that needs one",
          "[autodiff][fuse]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x");
  const auto sweep = [&](std::vector<Tensor<double>> cotangents) {
    return backward(with_closed_form(x, [cotangents](const auto&, const auto&) { return cotangents; }),
                    a2)[x];
  };
  CHECK_THROWS_WITH(sweep({a2}),
                    "mine: the closed form gave 1 cotangents, expected one for each of its 2 inputs");
  CHECK_THROWS_WITH(sweep({a2, {}}),
                    "mine: the closed form gave no cotangent of twice, which needs a gradient");
  CHECK_THROWS_WITH(sweep({Tensor<double>::scalar(1), a2}),
                    "mine: the cotangent of x has shape [], expected [2]");
  CHECK_THAT(sweep({a2, a2}), Equals(Tensor<double>({2}, {3, -6})));
}

TEST_CASE("What a closed form did not save is named together with what it did", "[autodiff][fuse]") {
  Tape<double> tape;
  const Var<double> y = with_closed_form(
      tape.leaf(a2),
      [](const Saved<double>& s, const auto&) -> std::vector<Tensor<double>> { return {s["mean"]}; });
  CHECK_THROWS_WITH(backward(y, a2), "saved: \"mean\" was not saved, expected one of \"x\" \"twice\"");
}

TEST_CASE("A closed form may hand the same cotangent to every input, and its dy too", "[autodiff][fuse]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  const Var<double> y = with_closed_form(x, [](const auto&, const Tensor<double>& dy) {
    return std::vector<Tensor<double>>{dy, dy};
  });
  const Tensor<double> dy({2}, {1, 10});
  CHECK_THAT(backward(y + y, dy)[x], Equals(Tensor<double>({2}, {6, 60})));
  CHECK_THAT(dy, Equals(Tensor<double>({2}, {1, 10})));
}

TEST_CASE("A fusion that gives no value, or mixes tapes, leaves the tape as it was", "[autodiff][fuse]") {
  Tape<double> tape, other;
  const Var<double> x = tape.leaf(a2, "x");
  Fusion<double> empty = without_staged_form(x);
  empty.forward = [](Saved<double>&) { return Tensor<double>(); };
  CHECK_THROWS_WITH(fuse(empty), "gate: forward gave no value, expected a tensor");
  CHECK_THROWS_WITH(fuse(gate(x, other.leaf(a2, "w"))),
                    "gate: inputs %0 \"x\" and %0 \"w\" are on two tapes, expected one");
  CHECK(tape.size() == 1);
}

TEST_CASE("A staged form that is not the same function is found out by its shape", "[autodiff][fuse]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  Fusion<double> wrong = without_staged_form(x);
  wrong.staged = [](std::span<const Var<double>> in) { return sum(in[0]); };
  const Var<double> y = fuse(wrong);
  Fusion<double> nothing = without_staged_form(x);
  nothing.staged = [](std::span<const Var<double>>) { return Var<double>(); };
  const Var<double> z = fuse(nothing);
  const Index nodes = tape.size();
  CHECK_THROWS_WITH(backward(y, a2, {.record = true}),
                    "gate: the output of the staged form has shape [], expected [2]");
  CHECK_THROWS_WITH(split_by_path(z, a2, x), "gate: the staged form gave no value");
  CHECK(tape.size() == nodes);
}

TEST_CASE("A staged form may be one of its inputs, or a constant", "[autodiff][fuse]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  Fusion<double> identity = without_staged_form(x);
  identity.staged = [](std::span<const Var<double>> in) { return in[0]; };
  CHECK_THAT(backward(fuse(identity), a2, {.record = true}).var(x).value(), Equals(a2));
  Fusion<double> constant = without_staged_form(x);
  constant.staged = [](std::span<const Var<double>> in) { return Var<double>(in[0].value()); };
  CHECK_FALSE(backward(fuse(constant), a2, {.record = true}).reached(x));
}

TEST_CASE("A fused node may contain others, and leaks nothing", "[autodiff][fuse]") {
  const std::size_t live = memory::stats().live_bytes;
  {
    const auto outer = [](auto in) {
      Fusion fusion = gate(in[0], in[1]);
      fusion.op = "outer";
      fusion.staged = [](auto inner) { return fuse(gate(inner[0], inner[1])); };
      return fuse(std::move(fusion));
    };
    check_op(outer, {Random(83).tensor<float>({4}), Random(89).tensor<float>({4})}, 32);
  }
  CHECK(memory::stats().live_bytes == live);
}

TEST_CASE("A fusion without forward or closed form is refused by name", "[autodiff][fuse]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  Fusion<double> no_forward = without_staged_form(x);
  no_forward.forward = {};
  CHECK_THROWS_WITH(fuse(no_forward), "gate: has no forward, expected a function that computes the value");
  Fusion<double> no_vjp = without_staged_form(x);
  no_vjp.vjp = {};
  CHECK_THROWS_WITH(fuse(no_vjp), "gate: has no vjp, expected a closed form of the gradient");
  CHECK(tape.size() == 1);
}

TEST_CASE("A recorded sweep through a fused node stays in one stage named backward", "[autodiff][fuse]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2), z = tape.leaf(a2);
  const Var<double> y = fuse(gate(x, z));
  backward(y, a2, {.record = true});
  const Graph graph = snapshot(tape);
  for (int scope = 0; scope < static_cast<int>(graph.scopes.size()); ++scope) {
    CHECK(scope_path(graph, scope).find("backward/backward") == std::string::npos);
  }
}
