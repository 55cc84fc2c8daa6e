// SPDX-License-Identifier: MIT
// What a gradient check says besides right and wrong.
#include <autodiff/compare/gradient_check.h>
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <tests/support/catch.h>
#include <tests/support/random.h>

#include <cmath>

using namespace wengert;
using namespace wengert::test;
using Catch::Matchers::ContainsSubstring;

namespace {

using V = Var<double>;
using Inputs = std::vector<NamedTensor<double>>;

Tensor<double> numbers(const Shape& shape) { return Random(3).tensor<double>(shape, 0.2, 2); }

// y = x², whose gradient is what `rule` makes of (x, dy).
template <class Rule>
auto square_with(Rule rule) {
  return [rule](V x) {
    return fuse<double>(
        {.op = "square",
         .inputs = {{"x", x}},
         .forward = [&](Saved<double>&) { return square(V(x.value())).value(); },
         .vjp = [rule](const Saved<double>& s,
                       const Tensor<double>& dy) { return std::vector<Tensor<double>>{rule(s["x"], dy)}; }});
  };
}

Tensor<double> scaled_square_gradient(const Tensor<double>& x, const Tensor<double>& dy, double factor) {
  Tensor<double> dx = dy.clone();
  for (Index i = 0; i < x.size(); ++i) dx.mutable_data()[i] *= 2 * x[i] * factor;
  return dx;
}

GradientCheck check_square(double factor, const Shape& shape) {
  const auto f =
      square_with([factor](const auto& x, const auto& dy) { return scaled_square_gradient(x, dy, factor); });
  return check_gradient<double>(f, {{"x", numbers(shape)}});
}

}  // namespace

TEST_CASE("check_gradient: a right gradient passes, and one off by 1e-3 does not", "[compare]") {
  const Shape shape = GENERATE(Shape{5}, Shape{40, 30});
  CHECK(check_square(1, shape).verdict == Verdict::pass);
  const GradientCheck off = check_square(1.001, shape);
  CHECK(off.verdict == Verdict::fail);
  CHECK_THAT(off.reason, ContainsSubstring("x: "));
  CHECK(check_square(1, shape).inputs[0].control_of_allowance > 1);
}

TEST_CASE("check_gradient: the remainder falls as h² where the gradient is right, as h where it is wrong",
          "[compare]") {
  const auto order_of = [](double factor) {
    double order = 0;
    const GradientCheck check = check_square(factor, {40, 30});
    for (const TaylorRow& row : check.inputs[0].taylor) order = std::isnan(row.order) ? order : row.order;
    return order;
  };
  CHECK(std::abs(order_of(1) - 2) < 0.1);
  CHECK(std::abs(order_of(1.5) - 1) < 0.1);
}

TEST_CASE("check_gradient: every input has a verdict of its own", "[compare]") {
  const auto f = [](V a, V b) { return V(a.value()) * b; };  // a is cut off
  const GradientCheck check = check_gradient<double>(f, {{"a", numbers({3, 4})}, {"b", numbers({3, 4})}});
  CHECK(check.verdict == Verdict::fail);
  CHECK(check.inputs[0].verdict == Verdict::fail);
  CHECK(check.inputs[0].reason == "no gradient reaches it, yet the value changes with it");
  CHECK(check.inputs[1].verdict == Verdict::pass);
  CHECK(check.reason == "a: no gradient reaches it, yet the value changes with it");
}

TEST_CASE("check_gradient: a gradient of zeros fails, that of a constant function passes", "[compare]") {
  const auto zeros = square_with([](const auto& x, const auto&) { return Tensor<double>::zeros(x.shape()); });
  const GradientCheck check = check_gradient<double>(zeros, {{"x", numbers({9, 7})}});
  CHECK(check.verdict == Verdict::fail);
  CHECK(check.inputs[0].reason == "the gradient is zero, the slope is not");
  CHECK(check_gradient<double>([](auto x) { return x * 0 + 1; }, {{"x", numbers({3})}}).verdict ==
        Verdict::pass);
}

TEST_CASE("check_gradient: a cotangent in the null space tests nothing, and that is said", "[compare]") {
  const auto norm = [](auto x) { return fused::batch_norm(x, std::nullopt, std::nullopt).y; };
  GradientCheckOptions<double> options;
  options.cotangent = Tensor<double>::full({11, 3}, 1);
  const Inputs x{{"x", numbers({11, 3})}};
  const GradientCheck check = check_gradient<double>(norm, x, options);
  CHECK(check.verdict == Verdict::undecided);
  CHECK_THAT(check.reason, ContainsSubstring("the cotangent lies in the null space"));
  CHECK(check_gradient<double>(norm, x).verdict == Verdict::pass);
  options.cotangent = Tensor<double>::full({3}, 1);
  CHECK_THROWS_WITH(check_gradient<double>(norm, x, options),
                    "check_gradient: the cotangent has shape [3], expected [11, 3]");
}

TEST_CASE("check_gradient: a function that changes from run to run is not called wrong", "[compare]") {
  int runs = 0;
  const auto noisy = [&runs](auto x) { return x * (1 + 0.01 * (++runs % 7)); };
  const GradientCheck check = check_gradient<double>(noisy, {{"x", numbers({6})}});
  CHECK(check.verdict == Verdict::undecided);
  CHECK_THAT(check.reason, ContainsSubstring("differs from run to run"));

  const auto noisy_gradient = square_with([&runs](const auto& x, const auto& dy) {
    return scaled_square_gradient(x, dy, 1 + 0.01 * (++runs % 7));
  });
  const GradientCheck wrong = check_gradient<double>(noisy_gradient, {{"x", numbers({6})}});
  CHECK(wrong.verdict == Verdict::fail);
  CHECK_THAT(wrong.reason, ContainsSubstring("the gradient differs from run to run, the value does not"));
}

TEST_CASE("check_gradient: a kink hides no mistake elsewhere in a small input", "[compare]") {
  const Inputs x{{"x", Tensor<double>({4}, {-1, 0, 2, 3})}};
  CHECK(check_gradient<double>([](auto v) { return relu(v); }, x).verdict == Verdict::undecided);
  const auto wrong = [](V v) {
    return fuse<double>({.op = "relu",
                         .inputs = {{"x", v}},
                         .forward = [&](Saved<double>&) { return relu(V(v.value())).value(); },
                         .vjp =
                             [](const Saved<double>& s, const Tensor<double>& dy) {
                               Tensor<double> dx = dy.clone();
                               for (Index i = 0; i < dy.size(); ++i)
                                 dx.mutable_data()[i] *= s["x"][i] > 2.5 ? 1.1 : s["x"][i] > 0;
                               return std::vector<Tensor<double>>{dx};
                             }});
  };
  const GradientCheck check = check_gradient<double>(wrong, x);
  CHECK(check.verdict == Verdict::fail);
  CHECK_THAT(check.reason, ContainsSubstring("entry (3, 3) of the Jacobian"));
}

TEST_CASE("check_gradient: second derivatives on request", "[compare]") {
  GradientCheckOptions<double> options;
  options.second_order = true;
  const GradientCheck right =
      check_gradient<double>([](auto x) { return tanh(x) * x; }, {{"x", numbers({3, 4})}}, options);
  CHECK(right.verdict == Verdict::pass);
  REQUIRE(right.second_order.size() == 1);
  CHECK(right.second_order[0].verdict == Verdict::pass);
  CHECK(right.evaluated_in == "float80");

  // The first derivative is right. The second is that of the staged form: of a cube.
  const auto wrong = [](V x) {
    return fuse<double>({.op = "square",
                         .inputs = {{"x", x}},
                         .forward = [&](Saved<double>&) { return square(V(x.value())).value(); },
                         .vjp =
                             [](const Saved<double>& s, const Tensor<double>& dy) {
                               return std::vector<Tensor<double>>{scaled_square_gradient(s["x"], dy, 1)};
                             },
                         .staged = [](std::span<const V> in) { return square(in[0]) * in[0]; }});
  };
  const GradientCheck check = check_gradient<double>(wrong, {{"x", numbers({3, 4})}}, options);
  CHECK(check.inputs[0].verdict == Verdict::pass);
  CHECK(check.evaluated_in == "float64");
}

TEST_CASE("check_gradient: inputs that do not fit are an error", "[compare]") {
  CHECK_THROWS_WITH(check_gradient<double>([](auto a, auto b) { return a * b; }, {{"a", numbers({3})}}),
                    "compare: 1 inputs came, the form takes 2");
  CHECK_THROWS_WITH(check_gradient<double>([](auto a) { return a; }, {}),
                    "check_gradient: no inputs came, expected at least one");
}
