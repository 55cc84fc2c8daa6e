// SPDX-License-Identifier: MIT
#include <tests/support/check_op.h>
#include <tests/support/plain_loops.h>

#include <cmath>

using namespace wengert;
using namespace wengert::test;

namespace {

struct Pair {
  Shape a, b, y;
};
const std::vector<Pair> pairs = {{{}, {}, {}},
                                 {{4}, {4}, {4}},
                                 {{}, {2, 3}, {2, 3}},
                                 {{3, 1}, {1, 4}, {3, 4}},
                                 {{2, 3, 5}, {3, 1}, {2, 3, 5}},
                                 {{0, 3}, {3}, {0, 3}}};

// Halves of small integers: plenty of ties.
Tensor<float> coarse(Random& random, const Shape& shape) {
  return plain_map(random.tensor<float>(shape, -2, 2), [](float v) { return std::round(v) / 2; });
}

template <class F, class Plain>
void check_values(F op, Plain plain) {
  Random random(31);
  for (const Pair& p : pairs) {
    const auto a = coarse(random, p.a), b = coarse(random, p.b);
    CHECK_THAT(op(Var<float>(a), Var<float>(b)).value(), Equals(plain_zip(a, b, p.y, plain)));
    const auto wa = a.cast<long double>(), wb = b.cast<long double>();
    CHECK_THAT(op(Var<long double>(wa), Var<long double>(wb)).value(),
               Equals(plain_zip(a, b, p.y, plain).template cast<long double>()));
  }
}

template <class T>
Tensors<T> gradients_of_sum(const Function<T>& f, const Tensors<T>& at) {
  return vjp_of(f, at, Tensor<T>::full(value_of(f, at).shape(), T(1)));
}

}  // namespace

TEST_CASE("Comparisons give 1 or 0 and broadcast", "[autodiff][ops]") {
  check_values([](auto a, auto b) { return equal(a, b); },
               [](float a, float b) { return a == b ? 1.F : 0.F; });
  check_values([](auto a, auto b) { return less(a, b); }, [](float a, float b) { return a < b ? 1.F : 0.F; });
  check_values([](auto a, auto b) { return less_equal(a, b); },
               [](float a, float b) { return a <= b ? 1.F : 0.F; });
  check_values([](auto a, auto b) { return greater(a, b); },
               [](float a, float b) { return a > b ? 1.F : 0.F; });
  check_values([](auto a, auto b) { return greater_equal(a, b); },
               [](float a, float b) { return a >= b ? 1.F : 0.F; });
}

TEST_CASE("maximum and minimum give the larger and the smaller, with ties too", "[autodiff][ops]") {
  check_values([](auto a, auto b) { return maximum(a, b); }, [](float a, float b) { return std::max(a, b); });
  check_values([](auto a, auto b) { return minimum(a, b); }, [](float a, float b) { return std::min(a, b); });
}

TEST_CASE("Away from kinks the choosing ops have exact derivatives, and second ones of what they choose",
          "[autodiff][ops]") {
  Random random(37);
  for (const Pair& p : pairs) {
    const auto a = random.spread<float>(p.a), b = random.spread<float>(p.b, 0.15);
    check_op([](auto in) { return maximum(square(in[0]), in[1]); }, {a, b}, 64);
    check_op([](auto in) { return minimum(in[0], in[1] * in[1]); }, {a, b}, 64);
    check_op([](auto in) { return relu(in[0]) * in[1]; }, {a, b});
    check_op([](auto in) { return abs(in[0]) * in[1]; }, {a, b});
    check_op([](auto in) { return square(relu(in[0])) + abs(square(in[1])); }, {a, b}, 64);
    check_op([](auto in) { return sign(in[0]) * in[1] + less(in[0], in[1]); }, {a, b});
  }
}

TEST_CASE("select broadcasts mask and both sides, and sends the cotangent to the side it took",
          "[autodiff][ops]") {
  Random random(41);
  const std::vector<std::array<Shape, 3>> triples = {{Shape{}, Shape{}, Shape{}},
                                                     {Shape{3}, Shape{3}, Shape{3}},
                                                     {Shape{3, 1}, Shape{1, 2}, Shape{}},
                                                     {Shape{2}, Shape{3, 1}, Shape{4, 1, 1}},
                                                     {Shape{1}, Shape{0, 3}, Shape{3}}};
  for (const auto& [m, a, b] : triples) {
    const auto mask = coarse(random, m), ta = random.tensor<float>(a), tb = random.tensor<float>(b);
    check_op([](auto in) { return select(less(in[2], in[2] * 0 + 0.125), in[0] * in[0], in[1]); },
             {ta, tb, random.spread<float>(m)});
    const Tensor<float> y = select(Var<float>(mask), Var<float>(ta), Var<float>(tb)).value();
    for (Index i = 0; i < y.size(); ++i) {
      const Place place = place_of(y.shape(), i);
      CHECK(y[i] == (element(mask, place) != 0 ? element(ta, place) : element(tb, place)));
    }
  }
}

TEST_CASE("At a kink the gradient is the documented subgradient", "[autodiff][ops]") {
  const Tensor<double> x({3}, {-1.5, 0, 2});
  const auto of = [&](auto op) {
    return gradients_of_sum<double>([op](Vars<double> in) { return op(in[0]); }, {x})[0];
  };
  CHECK_THAT(of([](auto v) { return relu(v); }), Equals(Tensor<double>({3}, {0, 0, 1})));
  CHECK_THAT(of([](auto v) { return abs(v); }), Equals(Tensor<double>({3}, {-1, 0, 1})));
  CHECK_THAT(of([](auto v) { return maximum(v, v); }), Equals(Tensor<double>({3}, {1, 1, 1})));
}

TEST_CASE("maximum and minimum share the cotangent equally between ties", "[autodiff][ops]") {
  const Tensor<double> a({3}, {1, 2, 3}), b({3}, {2, 2, 2});
  const auto larger = gradients_of_sum<double>([](Vars<double> in) { return maximum(in[0], in[1]); }, {a, b});
  CHECK_THAT(larger[0], Equals(Tensor<double>({3}, {0, 0.5, 1})));
  CHECK_THAT(larger[1], Equals(Tensor<double>({3}, {1, 0.5, 0})));
  const auto smaller =
      gradients_of_sum<double>([](Vars<double> in) { return minimum(in[0], in[1]); }, {a, b});
  CHECK_THAT(smaller[0], Equals(Tensor<double>({3}, {1, 0.5, 0})));
  CHECK_THAT(smaller[1], Equals(Tensor<double>({3}, {0, 0.5, 1})));
}

TEST_CASE("A NaN is never hidden by a choice", "[autodiff][ops]") {
  const float nan = std::nanf("");
  const Var<float> bad(Tensor<float>::scalar(nan)), one(Tensor<float>::scalar(1));
  for (const auto& y : {maximum(bad, one), maximum(one, bad), minimum(bad, one), minimum(one, bad), relu(bad),
                        abs(bad), sign(bad)}) {
    CHECK(std::isnan(y.value().item()));
  }
}

TEST_CASE("What select leaves out gets no cotangent, however large or broken", "[autodiff][ops]") {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const Tensor<double> mask({2}, {1, 0});
  const auto grads = vjp_of<double>([&](Vars<double> in) { return select(Var<double>(mask), in[0], in[1]); },
                                    {mask, mask}, Tensor<double>({2}, {inf, nan}));
  CHECK_THAT(grads[0], Equals(Tensor<double>({2}, {inf, 0})));
  CHECK_THAT(grads[1], Equals(Tensor<double>({2}, {0, nan})));
}

TEST_CASE("A comparison and a sign are dead ends for the gradient, not errors", "[autodiff][ops]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(Tensor<double>({2}, {1, -2}));
  const Var<double> y = sign(x) + less(x, x * 2) + equal(x, x) + less_equal(x, x);
  const auto grads = backward(y, Tensor<double>({2}, {1, 1}));
  CHECK_FALSE(grads.reached(x));
  CHECK_THAT(grads[x], Equals(Tensor<double>::zeros({2})));
}

TEST_CASE("select names itself when the three shapes do not fit", "[autodiff][ops]") {
  const Var<double> a(Tensor<double>::zeros({2})), b(Tensor<double>::zeros({3}));
  CHECK_THROWS_WITH(
      select(a, a, b),
      "select: shapes [2] and [3] do not broadcast, expected equal extents or 1 from the last axis on");
  CHECK_THROWS_AS(select(b, a, a), ShapeError);
  CHECK_THROWS_AS(maximum(a, b), ShapeError);
  CHECK_THROWS_AS(equal(a, b), ShapeError);
}
