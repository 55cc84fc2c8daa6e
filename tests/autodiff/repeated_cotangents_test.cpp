// SPDX-License-Identifier: MIT
// The cotangent of what a sum reads repeats: a sweep passes it on without writing it out, and nobody outside
// can tell.
#include <autodiff/backward.h>
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <tests/support/all_close.h>
#include <tests/support/random.h>
#include <tests/support/tolerances.h>

using namespace wengert;
using namespace wengert::test;

namespace {

const Shape shape{5, 3};

// The gradient of f at x by a plain sweep and by a recorded one, which writes everything out.
template <class F>
void check_sweeps_agree(F f) {
  Random random(61);
  const auto x = random.tensor<double>(shape);
  Tape<double> tape;
  const Var<double> v = tape.leaf(x);
  const Var<double> y = f(v);
  const auto dy = random.tensor<double>(y.shape());
  const auto recorded = backward(y, dy, {.record = true});
  const auto plain = backward(y, dy);
  CHECK(plain[v].shape() == shape);
  CHECK_THAT(plain[v], AllClose(recorded[v], rounding<double>()));
}

}  // namespace

TEST_CASE("A leaf that only a sum reads has a gradient of its own shape", "[autodiff][backward]") {
  check_sweeps_agree([](auto x) { return sum(x, {0}); });
  check_sweeps_agree([](auto x) { return mean(x, {1}, keep_dims); });
  check_sweeps_agree([](auto x) { return sum(x); });
}

TEST_CASE("A repeated cotangent passes through every kind of op", "[autodiff][backward]") {
  check_sweeps_agree([](auto x) { return mean(square(x), {0}); });
  check_sweeps_agree([](auto x) { return mean(square(-x * 3 + 1) / 7, {1}); });
  check_sweeps_agree([](auto x) { return sum(exp(x), {0}); });
  check_sweeps_agree([](auto x) { return sum(x * x, {0}); });
  check_sweeps_agree([](auto x) { return sum(x - mean(x, {0}, keep_dims), {1}); });
  check_sweeps_agree([](auto x) { return sum(reshape(x, {3, 5}), {0}); });
  check_sweeps_agree([](auto x) { return sum(transpose(x), {0}); });
  check_sweeps_agree([](auto x) { return sum(sum(x, {0}, keep_dims) + x, {1}); });
  check_sweeps_agree([](auto x) { return sum(maximum(x, mean(x, {0}, keep_dims)), {1}); });
}

TEST_CASE("Repeated cotangents add up, with each other and with whole ones", "[autodiff][backward]") {
  check_sweeps_agree([](auto x) { return sum(x, {0}) * sum(x); });
  check_sweeps_agree([](auto x) { return sum(x, {0}, keep_dims) * sum(x, {1}, keep_dims); });
  check_sweeps_agree([](auto x) { return square(x) * mean(x, {0}, keep_dims) + sum(x, {1}, keep_dims); });
}

TEST_CASE("A kept cotangent has the shape of its node", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(Random(67).tensor<double>(shape));
  const Var<double> h = square(x);
  const auto grads = backward(sum(h), {.keep_cotangents = true});
  CHECK_THAT(grads[h], Equals(Tensor<double>::full(shape, 1)));
  CHECK_THAT(grads[x], Equals((Var<double>(x.value()) * 2.0).value()));
}

TEST_CASE("A closed form gets its cotangent written out", "[autodiff][backward]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(Random(71).tensor<double>(shape));
  Shape seen;
  const Var<double> y = fuse<double>(
      {.op = "same",
       .inputs = {{"x", x}},
       .forward = [&](Saved<double>&) { return x.value().clone(); },
       .vjp = [&seen](const Saved<double>&, const Tensor<double>& dy) -> std::vector<Tensor<double>> {
         seen = dy.shape();
         return {dy};
       }});
  const auto grads = backward(sum(y, {0}), Tensor<double>({3}, {1, 2, 3}));
  CHECK(seen == shape);
  CHECK_THAT(grads[x], Equals(broadcast_to(Var<double>(Tensor<double>({3}, {1, 2, 3})), shape).value()));
}
