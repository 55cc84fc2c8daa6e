// SPDX-License-Identifier: MIT
#include <autodiff/fuse.h>
#include <layers/batch_norm.h>
#include <layers/batch_norm_relu.h>
#include <layers/softmax_cross_entropy.h>
#include <tests/support/all_close.h>
#include <tests/support/differences.h>
#include <tests/support/tolerances.h>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double> a2({2}, {1, -2});
const Tensor<double> b2({2}, {3, 5});

Tensors<double> hvp_of(const Var<double>& y, const std::vector<Var<double>>& x, const Tensors<double>& v) {
  return hvp<double>(y, x, v);
}

// Σ w·f, a scalar.
Function<double> weighted(const Function<double>& f, const Tensor<double>& w) {
  return [f, w](Vars<double> in) { return sum(f(in) * Var<double>(w)); };
}

// The products for random directions, and the gradient's change along them.
void check_hvp(const Function<double>& f, const Tensors<double>& at) {
  Random random(97);
  Tensors<double> v;
  for (const Tensor<double>& x : at) v.push_back(random.tensor<double>(x.shape()));
  Tape<double> tape;
  const auto in = leaves(tape, at);
  const Var<double> y = f(in);
  const Index nodes = tape.size();
  const Tensors<double> got = hvp_of(y, in, v);
  CHECK(tape.size() == nodes);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const Function<double> gradient = [&](Vars<double> x) {
      return Var<double>(vjp_of(f, {x[0].value(), x[1].value(), x[2].value()}, Tensor<double>::scalar(1))[i]);
    };
    CHECK_THAT(got[i], AllClose(difference(gradient, at, v), finite_difference));
  }
}

}  // namespace

TEST_CASE("hvp equals the gradient's change along the directions, through both forms of a layer",
          "[autodiff][hvp]") {
  Random random(101);
  const Tensors<double> at{random.tensor<double>({5, 3}), random.tensor<double>({3}, 0.5, 2),
                           random.tensor<double>({3})};
  const Tensor<double> w = random.tensor<double>({5, 3});
  const BatchNormOptions options{.eps = 0.1};
  check_hvp(weighted([&](Vars<double> in) { return staged::batch_norm(in[0], in[1], in[2], options).y; }, w),
            at);
  check_hvp(weighted([&](Vars<double> in) { return fused::batch_norm(in[0], in[1], in[2], options).y; }, w),
            at);
  const std::vector<std::int64_t> classes{0, 2, 1, 1, 0};
  check_hvp(
      [&](Vars<double> in) {
        const Var<double> hidden = fused::batch_norm_relu(in[0], in[1], in[2], options).y;
        return fused::softmax_cross_entropy(hidden, classes);
      },
      at);
}

TEST_CASE("hvp is symmetric: <u, H v> = <v, H u>", "[autodiff][hvp]") {
  Random random(103);
  Tape<double> tape;
  const Var<double> x = tape.leaf(random.tensor<double>({4, 3}));
  const Var<double> y = sum(square(fused::batch_norm<double>(x, {}, {}, {.eps = 0.1}).y) * x);
  const Tensor<double> u = random.tensor<double>({4, 3}), v = random.tensor<double>({4, 3});
  const auto dot = [](const Tensor<double>& a, const Tensor<double>& b) {
    return (a.flat() * b.flat()).sum();
  };
  CHECK(std::abs(dot(u, hvp_of(y, {x}, {v})[0]) - dot(v, hvp_of(y, {x}, {u})[0])) < rounding<double>(64));
}

TEST_CASE("hvp crosses inputs, and is zero where the gradient does not change", "[autodiff][hvp]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2), z = tape.leaf(b2), other = tape.leaf(a2);
  const Var<double> y = sum(x * x * z);
  const Tensor<double> none = Tensor<double>::zeros({2});
  const Tensors<double> got = hvp_of(y, {x, z, other}, {b2, none, none});
  CHECK_THAT(got[0], Equals(Tensor<double>({2}, {18, 50})));  // 2 z v
  CHECK_THAT(got[1], Equals(Tensor<double>({2}, {6, -20})));  // 2 x v
  CHECK_THAT(got[2], Equals(none));
  CHECK_THAT(hvp_of(sum(x * 3), {x}, {b2})[0], Equals(none));
  CHECK_THAT(hvp_of(sum(z), {x}, {b2})[0], Equals(none));
  CHECK(hvp_of(y, {}, {}).empty());
  CHECK_THAT(backward(y)[z], Equals(Tensor<double>({2}, {1, 4})));  // nothing was released
}

TEST_CASE("hvp refuses what does not fit, and changes nothing", "[autodiff][hvp]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x");
  const Var<double> y = sum(square(x));
  const Index nodes = tape.size();
  CHECK_THROWS_WITH(hvp_of(Var<double>(a2), {x}, {a2}), "hvp: y is a constant, expected a Var on a tape");
  CHECK_THROWS_WITH(hvp_of(square(x), {x}, {a2}), "hvp: y has shape [2], expected one element");
  CHECK_THROWS_WITH(hvp_of(y, {x}, {}), "hvp: 0 directions came, expected one for each of the 1 inputs");
  CHECK_THROWS_WITH(hvp_of(y, {x}, {Tensor<double>::zeros({3})}),
                    "hvp: direction 0 has shape [3], expected [2]");
  const Var<double> fused = fuse<double>(
      {.op = "doubled",
       .inputs = {{"x", x}},
       .forward =
           [&](Saved<double>&) {
             return Tensor<double>({2}, {2, -4});
           },
       .vjp = [](const Saved<double>&,
                 const Tensor<double>& dy) { return std::vector{(Var<double>(dy) * 2).value()}; }});
  const Var<double> beyond = sum(fused);
  const Index before = tape.size();
  CHECK_THROWS_AS(hvp_of(beyond, {x}, {a2}), TapeError);  // no staged form: it refuses by name
  CHECK(tape.size() == before);
  CHECK(before > nodes);
  backward(y);
  CHECK_THROWS_AS(hvp_of(y, {x}, {a2}), TapeError);
}

TEST_CASE("derivatives of any order go through the staged form: batch_norm to order 6", "[autodiff][hvp]") {
  // Two values a channel, eps = 1: y = ±t / √(t² + 4) for x = (0, t), halves apart.
  const auto derivative = [](bool one_node, int order) {
    Tape<long double> tape;
    const Var<long double> t = tape.leaf(Tensor<long double>::scalar(0.5L));
    const Var<long double> x = t * Var<long double>(Tensor<long double>({2, 1}, {0, 1}));
    const BatchNormOptions options{.eps = 1};
    Var<long double> value = sum((one_node ? fused::batch_norm<long double>(x, {}, {}, options)
                                           : staged::batch_norm<long double>(x, {}, {}, options))
                                     .y *
                                 Var<long double>(Tensor<long double>({2, 1}, {0, 1})));
    for (int k = 0; k < order; ++k) value = backward(value, {.record = true}).var(t);
    return value.value().item();
  };
  // f(t) = t / √(t² + 4):
  // its g = 4 (t² + 4)^(−3/2), the first derivative, satisfies (t² + 4) g^(k+1) = −(2k + 3) t g^(k) − k (k +
  // 2) g^(k−1).
  const long double t = 0.5L, s = t * t + 4;
  std::vector<long double> g{4 / (s * std::sqrt(s))};
  g.push_back(-3 * t * g[0] / s);
  for (int k = 1; k < 5; ++k)
    g.push_back((-(2.0L * k + 3) * t * g[static_cast<std::size_t>(k)] -
                 static_cast<long double>(k * (k + 2)) * g[static_cast<std::size_t>(k - 1)]) /
                s);
  for (const bool one_node : {false, true}) {
    for (int order = 1; order <= 6; ++order) {
      INFO("order " << order);
      const long double expected = g[static_cast<std::size_t>(order - 1)];
      CHECK(std::abs(static_cast<double>(derivative(one_node, order) - expected)) < 1e-14);
    }
  }
}
