// SPDX-License-Identifier: MIT
#include <tests/support/check_op.h>
#include <tests/support/plain_loops.h>

#include <cmath>

using namespace wengert;
using namespace wengert::test;

namespace {

const std::vector<Shape> shapes = {{}, {1}, {5}, {2, 3}, {3, 1, 7}, {0, 3}, {1, 2, 1, 2, 1, 1, 3, 1}};

struct Between {
  double low, high;
};

// `op` on Var<T>, `plain` on numbers.
template <class F, class Plain>
void check_unary(Between range, F op, Plain plain) {
  Random random(23);
  for (const Shape& shape : shapes) {
    const auto x = random.tensor<float>(shape, range.low, range.high);
    const auto wide = x.cast<double>();
    CHECK_THAT(op(Var<float>(x)).value(),
               AllClose(plain_map(wide, plain).template cast<float>(), rounding<float>()));
    CHECK_THAT(op(Var<double>(wide)).value(), AllClose(plain_map(wide, plain), rounding<double>()));
    check_op([&](auto in) { return op(in[0]); }, {x}, 32);
  }
  const Function<double> f = [&](Vars<double> in) { return op(in[0]); };
  const Tensors<double> at{random.tensor<double>({2, 3}, range.low, range.high)};
  CHECK(directional_error(differentiated(differentiated(f)), at) < finite_difference);
}

template <class T>
Tensor<T> gradient_at(const Tensor<T>& x, Var<T> (*op)(Var<T>)) {
  return vjp_of<T>([op](Vars<T> in) { return op(in[0]); }, {x}, Tensor<T>::full(x.shape(), T(1)))[0];
}

}  // namespace

TEST_CASE("Smooth functions have the values and derivatives of their formula, to third order",
          "[autodiff][ops]") {
  SECTION("square") {
    check_unary(
        {-2, 2}, [](auto x) { return square(x); }, [](double x) { return x * x; });
  }
  SECTION("sqrt") {
    check_unary(
        {0.5, 3}, [](auto x) { return sqrt(x); }, [](double x) { return std::sqrt(x); });
  }
  SECTION("rsqrt") {
    check_unary(
        {0.5, 3}, [](auto x) { return rsqrt(x); }, [](double x) { return 1 / std::sqrt(x); });
  }
  SECTION("reciprocal") {
    check_unary(
        {-3, -0.5}, [](auto x) { return reciprocal(x); }, [](double x) { return 1 / x; });
  }
  SECTION("exp") {
    check_unary(
        {-2, 2}, [](auto x) { return exp(x); }, [](double x) { return std::exp(x); });
  }
  SECTION("log") {
    check_unary(
        {0.5, 3}, [](auto x) { return log(x); }, [](double x) { return std::log(x); });
  }
  SECTION("tanh") {
    check_unary(
        {-2, 2}, [](auto x) { return tanh(x); }, [](double x) { return std::tanh(x); });
  }
  SECTION("sigmoid") {
    check_unary(
        {-4, 4}, [](auto x) { return sigmoid(x); }, [](double x) { return 1 / (1 + std::exp(-x)); });
  }
}

TEST_CASE("pow has the derivatives of x^p for every kind of exponent, to third order", "[autodiff][ops]") {
  const double p = GENERATE(-2.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0);
  CAPTURE(p);
  check_unary(
      {0.5, 2},
      [p](auto x) {
        using T = std::remove_cvref_t<decltype(x.value()[0])>;
        return pow(x, static_cast<T>(p));
      },
      [p](double x) { return std::pow(x, p); });
}

TEST_CASE("Whole powers of negative numbers and of zero keep finite derivatives", "[autodiff][ops]") {
  const double p = GENERATE(0.0, 1.0, 2.0, 3.0);
  CAPTURE(p);
  Tape<double> tape;
  const Var<double> x = tape.leaf(Tensor<double>({3}, {0, -2, 0.5}));
  const Var<double> first = backward(sum(pow(x, p)), {.record = true}).var(x);
  CHECK_THAT(first.value(),
             AllClose(plain_map(x.value(), [p](double v) { return p == 0 ? 0 : p * std::pow(v, p - 1); }),
                      rounding<double>()));
  const Tensor<double> second = backward(sum(first))[x];
  CHECK_THAT(
      second,
      AllClose(plain_map(x.value(), [p](double v) { return p < 2 ? 0 : p * (p - 1) * std::pow(v, p - 2); }),
               rounding<double>()));
}

TEST_CASE("sigmoid and tanh never overflow, and level off to the exact limits", "[autodiff][ops]") {
  const Tensor<float> far({4}, {-1000, -90, 90, 1000});
  const Tensor<float> y = sigmoid(Var<float>(far)).value();
  CHECK(y[0] == 0);
  CHECK(y[1] > 0);
  CHECK(y[2] == 1);
  CHECK(y[3] == 1);
  const Tensor<float> slope = gradient_at<float>(far, sigmoid<float>);
  CHECK(slope[0] == 0);
  CHECK(slope[3] == 0);
  CHECK_THAT(tanh(Var<float>(far)).value(), Equals(Tensor<float>({4}, {-1, -1, 1, 1})));
  CHECK_THAT(gradient_at<float>(far, tanh<float>), Equals(Tensor<float>::zeros({4})));
}

TEST_CASE("Outside its domain a function gives what <cmath> gives", "[autodiff][ops]") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const double nan = std::nan("");
  const Var<double> x(Tensor<double>({3}, {-1, 0, inf}));
  CHECK_THAT(sqrt(x).value(), Equals(Tensor<double>({3}, {nan, 0, inf})));
  CHECK_THAT(rsqrt(x).value(), Equals(Tensor<double>({3}, {nan, inf, 0})));
  CHECK_THAT(log(x).value(), Equals(Tensor<double>({3}, {nan, -inf, inf})));
  CHECK_THAT(reciprocal(x).value(), Equals(Tensor<double>({3}, {-1, inf, 0})));
  CHECK_THAT(exp(-x).value(), AllClose(Tensor<double>({3}, {std::exp(1.0), 1, 0}), rounding<double>()));
  for (const auto& y :
       {sigmoid(Var<double>(Tensor<double>::scalar(nan))), tanh(Var<double>(Tensor<double>::scalar(nan)))}) {
    CHECK(std::isnan(y.value().item()));
  }
}

TEST_CASE("An op on a Var without a value is refused by name", "[autodiff][ops]") {
  const Var<double> none;
  const Var<double> x(Tensor<double>::zeros({2}));
  CHECK_THROWS_WITH(exp(none), "exp: an input has no value, expected a Var with one");
  CHECK_THROWS_WITH(x + none, "add: an input has no value, expected a Var with one");
}
