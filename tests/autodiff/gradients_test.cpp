// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <tests/support/all_close.h>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double> a2({2}, {1, -2});
const Tensor<double> b2({2}, {3, 5});

}  // namespace

TEST_CASE("reached tells a zero gradient from one that is not connected", "[autodiff][gradients]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2), z = tape.leaf(b2), late_input = tape.leaf(a2);
  const Var<double> y = x * 0;
  const Var<double> late = late_input + z;
  const auto grads = backward(y, b2);
  CHECK(grads.reached(x));
  CHECK_THAT(grads[x], Equals(Tensor<double>::zeros({2})));
  CHECK_FALSE(grads.reached(z));
  CHECK_THAT(grads[z], Equals(Tensor<double>::zeros({2})));
  CHECK_FALSE(grads.reached(late));
  CHECK_FALSE(grads.reached(tape.leaf(a2)));
}

TEST_CASE("An inner node answers only when its cotangent was kept", "[autodiff][gradients]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  const Var<double> h = square(x);
  label(h, "h");
  const Var<double> y = h * 3;
  const auto plain = backward(y, b2, {.keep_saved = true});
  CHECK_THROWS_WITH(
      plain[h],
      "gradients: %1 \"h\" is an inner node whose cotangent was not kept, expected .wrt to name "
      "it or .keep_cotangents");
  CHECK_THROWS_AS(plain.reached(y), TapeError);
  const auto all = backward(y, b2, {.keep_saved = true, .keep_cotangents = true});
  CHECK_THAT(all[h], Equals(Tensor<double>({2}, {9, 15})));
  CHECK_THAT(all[y], Equals(b2));
  CHECK_THAT(all[x], Equals(Tensor<double>({2}, {18, -60})));
  const auto named = backward(y, b2, {.wrt = {h}});
  CHECK_THAT(named[h], Equals(Tensor<double>({2}, {9, 15})));
}

TEST_CASE("wrt sweeps to what it names and answers for nothing else", "[autodiff][gradients]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2, "x"), z = tape.leaf(b2, "z");
  const Var<double> y = x * z;
  const auto grads = backward(y, b2, {.keep_saved = true, .wrt = {x}});
  CHECK_THAT(grads[x], Equals(Tensor<double>({2}, {9, 25})));
  CHECK_THROWS_WITH(grads[z], "gradients: %1 \"z\" was not asked for, expected one of those named by .wrt");
  CHECK_THAT(backward(y, b2, {.keep_saved = true, .wrt = {y}})[y], Equals(b2));
  const Var<double> h = y * 2;
  CHECK_THAT(backward(h, b2, {.keep_saved = true, .keep_cotangents = true, .wrt = {x}})[y],
             Equals(Tensor<double>({2}, {2 * b2[0], 2 * b2[1]})));
  const Var<double> later = x + x;
  CHECK_FALSE(backward(y, b2, {.keep_saved = true, .wrt = {later}}).reached(later));
  CHECK_THAT(backward(y, b2, {.wrt = {z, x, x}})[z], Equals(Tensor<double>({2}, {3, -10})));
}

TEST_CASE("Gradients answer for Vars of their own tape only", "[autodiff][gradients]") {
  Tape<double> tape, other;
  const Var<double> x = tape.leaf(a2), foreign = other.leaf(a2, "w");
  const auto grads = backward(x * 2, b2);
  CHECK_THROWS_WITH(grads[foreign], "gradients: %0 \"w\" is on another tape than what was differentiated");
  CHECK_THROWS_WITH(grads[Var<double>(a2)],
                    "gradients: the Var asked for is a constant, expected one on the tape");
}

TEST_CASE("var asks for a recorded sweep", "[autodiff][gradients]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2), z = tape.leaf(b2);
  CHECK_THROWS_WITH(
      backward(x * 2, b2).var(x),
      "gradients: the sweep was not recorded, expected backward(…, {.record = true}) for var()");
  const auto recorded = backward(x * 2, b2, {.record = true});
  CHECK(recorded.var(x).on_tape());
  CHECK_THAT(recorded.var(z).value(), Equals(Tensor<double>::zeros({2})));
}

TEST_CASE("Gradients are a value: they outlive the tape and the next sweep", "[autodiff][gradients]") {
  Gradients<double> grads;
  Var<double> x;
  {
    Tape<double> tape;
    x = tape.leaf(a2);
    grads = backward(x * 3, b2);
    const Gradients<double> copy = grads;
    backward(x * 7, b2);
    CHECK_THAT(copy[x], Equals(grads[x]));
  }
  CHECK_THAT(grads[x], Equals(Tensor<double>({2}, {9, 15})));
}

TEST_CASE("Gradients of nothing are zeros everywhere", "[autodiff][gradients]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  const Gradients<double> none;
  CHECK_FALSE(none.reached(x));
  CHECK_THAT(none[x], Equals(Tensor<double>::zeros({2})));
}
