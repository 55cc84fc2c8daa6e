// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <autodiff/parameter.h>
#include <tests/support/all_close.h>
#include <tests/support/tolerances.h>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double> a2({2}, {3, -2});
const Tensor<double> b2({2}, {5, 7});

}  // namespace

TEST_CASE("a parameter is the same leaf each time within one tape", "[autodiff][parameter]") {
  const Parameter<double> gamma("gamma", a2);
  Tape<double> tape, other;
  const Var<double> first = tape.leaf(gamma), second = tape.leaf(gamma);
  CHECK(first.id() == second.id());
  CHECK(tape.size() == 1);
  CHECK(other.leaf(gamma).tape() != first.tape());
  const Gradients<double> grads = backward(first * second, b2);
  CHECK_THAT(grads[gamma], Equals(Tensor<double>({2}, {30, -28})));
  CHECK_THAT(grads[gamma], Equals(grads[first]));
  CHECK(snapshot(tape).nodes[0].label == "gamma");
}

TEST_CASE("two parameters of the same numbers are two leaves, and so is a copy", "[autodiff][parameter]") {
  const Parameter<double> one("p", a2), twin("p", a2), copy = one;
  Tape<double> tape;
  const Var<double> a = tape.leaf(one), b = tape.leaf(twin), c = tape.leaf(copy);
  const Var<double> y = a * b * c;
  CHECK(c.id() == 2);
  const Gradients<double> grads = backward(y, b2);
  CHECK_THAT(grads[one], Equals(Tensor<double>({2}, {45, 28})));
  CHECK_THAT(grads[copy], Equals(Tensor<double>({2}, {45, 28})));
}

TEST_CASE("a moved parameter keeps its leaf", "[autodiff][parameter]") {
  Parameter<double> before("p", a2);
  Tape<double> tape;
  const Var<double> leaf = tape.leaf(before);
  const Parameter<double> after = std::move(before);
  CHECK(tape.leaf(after).id() == leaf.id());
}

TEST_CASE("a parameter whose value changed is no longer the leaf it was", "[autodiff][parameter]") {
  Parameter<double> gamma("gamma", a2);
  Tape<double> tape;
  const Var<double> y = tape.leaf(gamma) * 2;
  gamma.assign(b2);
  CHECK_THROWS_WITH(
      tape.leaf(gamma),
      "leaf: parameter \"gamma\" has changed since it became %0 \"gamma\", expected a new tape for "
      "the new value");
  CHECK(tape.size() == 2);
  CHECK_THAT(backward(y, a2)[gamma], Equals(Tensor<double>({2}, {6, -4})));
  CHECK_THROWS_WITH(gamma.assign(Tensor<double>::zeros({3})), "parameter: gamma has shape [3], expected [2]");
  CHECK_THAT(gamma.value(), Equals(b2));
}

TEST_CASE("an absent parameter, or one that is on no tape, is refused by name", "[autodiff][parameter]") {
  const Parameter<double> absent("beta"), gamma("gamma", a2);
  CHECK_FALSE(absent);
  Tape<double> tape;
  CHECK_THROWS_WITH(tape.leaf(absent), "leaf: parameter \"beta\" is absent, expected a value");
  const Var<double> x = tape.leaf(b2);
  const Gradients<double> grads = backward(x * 2, b2);
  CHECK_THROWS_WITH(grads[gamma],
                    "gradients: parameter \"gamma\" is no leaf of the tape that was differentiated");
  CHECK_THROWS_AS(Gradients<double>()[gamma], TapeError);
  CHECK(tape.size() == 2);
}

TEST_CASE("a parameter beside a constant is a constant, beside a recorded Var a leaf of its tape",
          "[autodiff][parameter]") {
  const Parameter<double> gamma("gamma", a2);
  CHECK_FALSE(leaf_beside(Var<double>(b2), gamma).on_tape());
  Tape<double> tape;
  const Var<double> x = tape.leaf(b2);
  CHECK(leaf_beside(x, gamma).id() == tape.leaf(gamma).id());
}

TEST_CASE("the gradient of a parameter can be differentiated again", "[autodiff][parameter]") {
  const Parameter<double> w("w", a2);
  Tape<double> tape;
  const Var<double> leaf = tape.leaf(w);
  const Gradients<double> first = backward(sum(leaf * leaf * leaf), {.record = true});
  CHECK_THAT(backward(first.var(w), b2)[w], AllClose(Tensor<double>({2}, {90, -84}), rounding<double>()));
}

TEST_CASE("a constant with a place on the tape gets no gradient and saves nothing for one",
          "[autodiff][parameter]") {
  const Parameter<double> w("w", a2);
  Tape<double> tape;
  const Var<double> x = tape.constant(b2, "data");
  const Var<double> y = leaf_beside(x, w) * square(x);
  CHECK(snapshot(tape).nodes[0].label == "data");
  const Gradients<double> grads = backward(y, Tensor<double>({2}, {1, 1}));
  CHECK_THAT(grads[w], Equals(Tensor<double>({2}, {25, 49})));
  CHECK_FALSE(grads.reached(x));
  CHECK_THROWS_WITH(tape.constant(Tensor<double>(), "data"),
                    "constant: \"data\" has no value, expected a tensor");
}
