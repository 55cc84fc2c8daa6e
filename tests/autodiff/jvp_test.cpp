// SPDX-License-Identifier: MIT
#include <tests/support/all_close.h>
#include <tests/support/differences.h>
#include <tests/support/tolerances.h>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double> a2({2}, {1, -2});
const Tensor<double> b2({2}, {3, 5});

Tensor<double> jvp_of(const Var<double>& y, const std::vector<Var<double>>& x, const Tensors<double>& u) {
  return jvp<double>(y, x, u);
}

}  // namespace

TEST_CASE("jvp equals a difference along the tangents", "[autodiff][jvp]") {
  const Function<double> f = [](Vars<double> in) {
    return matmul(tanh(in[0] * in[1]), exp(in[1])) / (sum(square(in[0])) + 1) + max(in[0]);
  };
  Random random(71);
  const Tensors<double> at{random.spread<double>({3, 3}), random.tensor<double>({3, 3})};
  const Tensors<double> u{random.tensor<double>({3, 3}), random.tensor<double>({3, 3})};
  Tape<double> tape;
  const auto in = leaves(tape, at);
  CHECK_THAT(jvp_of(f(in), in, u), AllClose(difference(f, at, u), finite_difference));
}

TEST_CASE("jvp leaves the tape as it was, and what was saved", "[autodiff][jvp]") {
  const std::size_t live = memory::stats().live_bytes;
  {
    Tape<double> tape;
    const Var<double> x = tape.leaf(a2, "x");
    const auto layer = scope(x, "layer");
    const Var<double> y = square(x) * x;
    const Index nodes = tape.size();
    const std::size_t held = memory::stats().live_bytes;
    CHECK_THAT(jvp_of(y, {x}, {b2}), Equals(Tensor<double>({2}, {9, 60})));
    CHECK(memory::stats().live_bytes == held);
    CHECK(tape.size() == nodes);
    const Graph graph = snapshot(tape);
    CHECK(graph.scopes.size() == 2);
    CHECK_FALSE(graph.nodes.back().released);
    const Var<double> after = x + x;
    CHECK(snapshot(tape).nodes[static_cast<std::size_t>(after.id())].scope == 1);
    CHECK_THAT(backward(y, b2)[x], Equals(Tensor<double>({2}, {9, 60})));
  }
  CHECK(memory::stats().live_bytes == live);
}

TEST_CASE("jvp of an input that does not matter is zero", "[autodiff][jvp]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2), z = tape.leaf(b2);
  CHECK_THAT(jvp_of(x * 2, {z}, {b2}), Equals(Tensor<double>::zeros({2})));
  CHECK_THAT(jvp_of(x * 2, {}, {}), Equals(Tensor<double>::zeros({2})));
  CHECK_THAT(jvp_of(x * 2, {z, x}, {b2, b2}), Equals(Tensor<double>({2}, {6, 10})));
  CHECK_THAT(jvp_of(x, {x}, {b2}), Equals(b2));
  CHECK_THAT(jvp_of(sign(x), {x}, {b2}), Equals(Tensor<double>::zeros({2})));
}

TEST_CASE("jvp is along inner Vars too", "[autodiff][jvp]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  const Var<double> h = exp(x);
  CHECK_THAT(jvp_of(square(h), {h}, {b2}), AllClose((h * Var<double>(b2) * 2).value(), rounding<double>()));
}

TEST_CASE("jvp refuses what does not fit, and changes nothing", "[autodiff][jvp]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x");
  const Var<double> y = square(x);
  CHECK_THROWS_WITH(jvp_of(Var<double>(a2), {x}, {a2}), "jvp: y is a constant, expected a Var on a tape");
  CHECK_THROWS_WITH(jvp_of(y, {x}, {}), "jvp: 0 tangents came, expected one for each of the 1 inputs");
  CHECK_THROWS_WITH(jvp_of(y, {x}, {Tensor<double>::zeros({3})}),
                    "jvp: tangent 0 has shape [3], expected [2]");
  CHECK_THROWS_AS(jvp_of(y, {Var<double>(a2)}, {a2}), TapeError);
  backward(y, a2);
  CHECK_THROWS_AS(jvp_of(y, {x}, {a2}), TapeError);
  CHECK(tape.size() == 2);
}

TEST_CASE("jvp adds nothing to the times of a profiled tape", "[autodiff][jvp]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  tape.profile(true);
  const Var<double> y = square(x);
  jvp_of(y, {x}, {a2});
  CHECK(tape.state().node(y.id()).backward_ns == 0);
  backward(y, a2);
  CHECK(tape.state().node(y.id()).backward_ns > 0);
}
