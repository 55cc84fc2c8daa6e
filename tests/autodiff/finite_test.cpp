// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/finite.h>
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <tests/support/all_close.h>

#include <cmath>

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("The first number that is not finite is found and named by its place", "[autodiff][finite]") {
  const Tensor<double> good({2}, {1, -2});
  CHECK_FALSE(first_non_finite(good.values()));
  CHECK_NOTHROW(expect_finite(good, "x"));
  CHECK_NOTHROW(expect_finite(Tensor<double>::zeros({0, 3}), "x"));
  const Tensor<double> bad({2, 3}, {1, 2, 3, 4, -inf, inf});
  CHECK(first_non_finite(bad.values()) == 4);
  CHECK_THROWS_WITH(expect_finite(bad, "x"), "x has -inf at [1, 1], expected finite values");
  CHECK_THROWS_WITH(expect_finite(Tensor<double>::scalar(inf), "x"),
                    "x has inf at [], expected finite values");
  CHECK_THROWS_WITH(expect_finite(Tensor<float>({1}, {std::nanf("")}), "x"),
                    "x has nan at [0], expected finite values");
}

TEST_CASE("check_finite names the first op that leaves the finite numbers, and records nothing of it",
          "[autodiff][finite]") {
  Tape<double> tape;
  tape.check_finite(true);
  const Var<double> x = tape.leaf(Tensor<double>({2}, {1, 0}), "x");
  CHECK_THROWS_WITH(log(x), "log %1 of %0 \"x\" [2]: output has -inf at [1], expected finite values");
  CHECK(tape.size() == 1);
  const auto stage = scope(x, "stage");
  CHECK_THROWS_WITH(Var<double>(Tensor<double>::scalar(0)) / x,
                    "div %1 in scope \"stage\" of a constant [] %0 \"x\" [2]: output has nan at [1], "
                    "expected finite values");
  CHECK_THROWS_AS(sum(exp(x * 1000)), NonFiniteError);
  CHECK(tape.size() == 2);
  CHECK_NOTHROW(log(x + 1));
}

TEST_CASE("Without check_finite nothing is refused", "[autodiff][finite]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(Tensor<double>({2}, {-1, inf}), "x");
  CHECK(std::isnan(sqrt(x).value()[0]));
  CHECK_NOTHROW(backward(log(x), Tensor<double>({2}, {1, inf})));
}

TEST_CASE("check_finite names the op whose vjp leaves the finite numbers", "[autodiff][finite]") {
  Tape<double> tape;
  tape.check_finite(true);
  const Var<double> x = tape.leaf(Tensor<double>({2}, {1, 0}), "x");
  const auto in_stage = [&] {
    const auto stage = scope(x, "root");
    return sqrt(x);
  };
  const Var<double> s = in_stage();
  label(s, "s");
  CHECK_THROWS_WITH(backward(s * 2, Tensor<double>({2}, {1, 1}), {.keep_saved = true}),
                    "backward of sqrt %1 \"s\" in scope \"root\": cotangent of its input %0 \"x\" has inf at "
                    "[1], expected finite values");
}

TEST_CASE("A sweep that check_finite stops leaves the tape as it was", "[autodiff][finite]") {
  Tape<double> tape;
  tape.check_finite(true);
  const Var<double> x = tape.leaf(Tensor<double>({2}, {1, 0}), "x");
  const Var<double> y = exp(sqrt(x));
  const Index nodes = tape.size();
  CHECK_THROWS_AS(backward(y, Tensor<double>({2}, {1, 1}), {.record = true}), NonFiniteError);
  CHECK(tape.size() == nodes);
  CHECK(snapshot(tape).scopes.size() == 1);
  CHECK_THROWS_AS(backward(y, Tensor<double>({2}, {1, 1})), NonFiniteError);
  CHECK_THAT(backward(y, Tensor<double>({2}, {1, 1}), {.wrt = {y}})[y], Equals(Tensor<double>({2}, {1, 1})));
  tape.check_finite(false);
  CHECK_THAT(backward(y, Tensor<double>({2}, {2, 1}))[x], Equals(Tensor<double>({2}, {std::exp(1.0), inf})));
}

TEST_CASE("check_finite sees a sum of cotangents overflow", "[autodiff][finite]") {
  Tape<double> tape;
  tape.check_finite(true);
  const Var<double> x = tape.leaf(Tensor<double>::scalar(1e-10), "x");
  CHECK_THROWS_WITH(backward(x * 1e308 + x * 1e308),
                    "backward: the sum of the cotangents of %0 \"x\" has inf at [], expected finite values");
}

TEST_CASE("check_finite looks at both ways through a closed form", "[autodiff][finite]") {
  Tape<double> tape;
  tape.check_finite(true);
  const Var<double> x = tape.leaf(Tensor<double>::scalar(2), "x");
  const auto node = [&](double y, double dx) {
    return fuse<double>({.op = "thing",
                         .inputs = {{"x", x}},
                         .forward = [y](Saved<double>&) { return Tensor<double>::scalar(y); },
                         .vjp =
                             [dx](const Saved<double>&, const Tensor<double>&) {
                               return std::vector<Tensor<double>>{Tensor<double>::scalar(dx)};
                             }});
  };
  CHECK_THROWS_WITH(node(inf, 1), "thing %1: output has inf at [], expected finite values");
  CHECK(tape.size() == 1);
  CHECK_THROWS_WITH(
      backward(node(1, inf)),
      "backward of thing %1: cotangent of its input %0 \"x\" has inf at [], expected finite values");
}
