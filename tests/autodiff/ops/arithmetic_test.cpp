// SPDX-License-Identifier: MIT
#include <tests/support/check_op.h>
#include <tests/support/plain_loops.h>

using namespace wengert;
using namespace wengert::test;

namespace {

struct Pair {
  Shape a, b, y;
};

// Scalars, leading axes, ones in the middle, both sides at once, all eight axes, and nothing at all.
const std::vector<Pair> pairs = {
    {{}, {}, {}},
    {{3}, {3}, {3}},
    {{}, {2, 3}, {2, 3}},
    {{2, 3}, {}, {2, 3}},
    {{1}, {}, {1}},
    {{1, 1}, {5}, {1, 5}},
    {{5}, {3, 5}, {3, 5}},
    {{3, 5}, {5}, {3, 5}},
    {{3, 1}, {3, 5}, {3, 5}},
    {{2, 1}, {1, 3}, {2, 3}},
    {{4, 1, 3}, {2, 1}, {4, 2, 3}},
    {{2, 3, 1, 5}, {1, 1, 7, 1}, {2, 3, 7, 5}},
    {{1, 3, 1, 2}, {2, 1, 3, 1}, {2, 3, 3, 2}},
    {{1, 2, 1, 1, 3, 1, 2, 1}, {2, 1, 1, 2, 1, 1, 2, 3}, {2, 2, 1, 2, 3, 1, 2, 3}},
    {{0}, {1}, {0}},
    {{0, 3}, {3}, {0, 3}},
    {{2, 0}, {2, 1}, {2, 0}},
    {{}, {3, 0, 2}, {3, 0, 2}},
};

template <class F, class Plain>
void check_binary(F op, Plain plain) {
  Random random(17);
  for (const Pair& p : pairs) {
    const auto a = random.tensor<float>(p.a), b = random.tensor<float>(p.b, 0.5, 2);
    const auto in_loops = plain_zip(a, b, p.y, plain);
    CHECK_THAT(op(Var<float>(a), Var<float>(b)).value(), Equals(in_loops));
    check_op([&](auto in) { return op(in[0], in[1]); }, {a, b}, 16);
  }
}

}  // namespace

TEST_CASE("add, sub, mul and div broadcast as NumPy does, forward and backward", "[autodiff][ops]") {
  SECTION("add") {
    check_binary([](auto a, auto b) { return add(a, b); }, [](float a, float b) { return a + b; });
  }
  SECTION("sub") {
    check_binary([](auto a, auto b) { return a - b; }, [](float a, float b) { return a - b; });
  }
  SECTION("mul") {
    check_binary([](auto a, auto b) { return a * b; }, [](float a, float b) { return a * b; });
  }
  SECTION("div") {
    check_binary([](auto a, auto b) { return a / b; }, [](float a, float b) { return a / b; });
  }
}

TEST_CASE("An operand may be both sides of an op", "[autodiff][ops]") {
  const Tensor<float> x = Random(1).tensor<float>({2, 3}, 0.5, 2);
  check_op([](auto in) { return in[0] + in[0]; }, {x});
  check_op([](auto in) { return in[0] - in[0]; }, {x});
  check_op([](auto in) { return in[0] * in[0]; }, {x});
  check_op([](auto in) { return in[0] / in[0]; }, {x});
  check_op([](auto in) { return in[0] * in[0] * in[0] + in[0] / (in[0] * in[0]); }, {x}, 32);
}

TEST_CASE("One side may be a constant", "[autodiff][ops]") {
  const Tensor<float> x = Random(1).tensor<float>({2, 3}, 0.5, 2);
  const auto three = [](auto in) {
    using T = std::remove_cvref_t<decltype(in[0].value()[0])>;
    return Var<T>(Tensor<T>({3}, {T(2), T(-3), T(0.5)}));
  };
  check_op([&](auto in) { return in[0] + three(in); }, {x});
  check_op([&](auto in) { return three(in) - in[0]; }, {x});
  check_op([&](auto in) { return in[0] * three(in); }, {x});
  check_op([&](auto in) { return three(in) / in[0]; }, {x}, 32);
}

TEST_CASE("Scalars go on either side of an operator", "[autodiff][ops]") {
  const Tensor<float> x({2, 2}, {0.5F, -2, 4, 1});
  const Var<float> v(x);
  const auto expect = [&](const Var<float>& y, auto f) { CHECK_THAT(y.value(), Equals(plain_map(x, f))); };
  expect(v + 2.0, [](float a) { return a + 2; });
  expect(2.0 + v, [](float a) { return 2 + a; });
  expect(v - 2.0, [](float a) { return a - 2; });
  expect(2.0 - v, [](float a) { return 2 - a; });
  expect(v * 2.0, [](float a) { return a * 2; });
  expect(2.0 * v, [](float a) { return 2 * a; });
  expect(v / 3.0, [](float a) { return a / 3; });
  expect(2.0 / v, [](float a) { return 2 / a; });
  expect(-v, [](float a) { return -a; });
}

TEST_CASE("Ops with a scalar have the derivatives of their formula", "[autodiff][ops]") {
  const Shape shape = GENERATE(Shape{}, Shape{7}, Shape{2, 3}, Shape{0, 3});
  const Tensor<float> x = Random(2).tensor<float>(shape, 0.5, 2);
  check_op([](auto in) { return -in[0]; }, {x});
  check_op([](auto in) { return in[0] + 3; }, {x});
  check_op([](auto in) { return 3 - in[0]; }, {x});
  check_op([](auto in) { return in[0] * -0.75; }, {x});
  check_op([](auto in) { return in[0] / 3; }, {x});
  check_op([](auto in) { return 3 / in[0]; }, {x}, 32);
}

TEST_CASE("Third derivatives of products and quotients hold against differences", "[autodiff][ops]") {
  const Tensors<double> at{Random(3).tensor<double>({2, 1}, 0.5, 2), Random(4).tensor<double>({3}, 0.5, 2)};
  const Function<double> product = [](Vars<double> in) { return in[0] * in[1] * in[0]; };
  const Function<double> quotient = [](Vars<double> in) { return in[0] / in[1]; };
  CHECK(directional_error(differentiated(differentiated(product)), at) < finite_difference);
  CHECK(directional_error(differentiated(differentiated(quotient)), at) < finite_difference);
}

TEST_CASE("Shapes that do not broadcast are refused by name", "[autodiff][ops]") {
  const Var<double> a(Tensor<double>::zeros({2, 3}));
  const Var<double> b(Tensor<double>::zeros({2}));
  CHECK_THROWS_WITH(a + b,
                    "add: shapes [2, 3] and [2] do not broadcast, expected equal extents or 1 from the last "
                    "axis on");
  CHECK_THROWS_AS(a - b, ShapeError);
  CHECK_THROWS_AS(a * b, ShapeError);
  CHECK_THROWS_AS(a / b, ShapeError);
  const Var<double> nothing(Tensor<double>::zeros({0}));
  CHECK_THROWS_AS(a + nothing, ShapeError);
}

TEST_CASE("A result of more elements than a tensor may have is refused", "[autodiff][ops]") {
  const float one = 1;
  const Var<float> tall(Tensor<float>::borrow(&one, {Index{1} << 55, 1}));
  const Var<float> wide(Tensor<float>::borrow(&one, {Index{1} << 55}));
  CHECK_THROWS_WITH(tall + wide, "shape [36028797018963968, 36028797018963968] has more than 2^56 elements");
}
