// SPDX-License-Identifier: MIT
// Sums against one loop in long double, under every instruction set: short runs and long ones, narrow rows
// that are joined and wide ones, several axes, lengths that no vector divides.
#include <autodiff/kernels/reduce.h>
#include <tests/layers/kernels/each_target.h>
#include <tests/support/plain_loops.h>
#include <tests/support/random.h>

#include <cmath>
#include <limits>

using namespace wengert;
using namespace wengert::test;

namespace {

struct Sum {
  Shape shape;
  AxisSet axes;
};

AxisSet axes(std::initializer_list<int> list) {
  AxisSet set;
  for (const int axis : list) set.add(axis);
  return set;
}

const std::vector<Sum> sums = {
    {{1000, 3}, axes({0})},
    {{37, 129}, axes({0})},
    {{70, 64}, axes({0})},
    {{5, 2051}, axes({0})},
    {{300, 1100}, axes({0})},
    {{37, 129}, axes({1})},
    {{3, 4099}, axes({1})},
    {{4099}, axes({0})},
    {{2, 31, 17, 19}, axes({0, 2, 3})},
    {{7, 3, 4, 5}, axes({0, 2})},
    {{6, 5, 31, 3}, axes({0, 1, 2})},
    {{3, 5, 7, 11}, axes({1, 3})},
    {{9, 2, 70}, axes({0})},
    {{9, 40, 2}, axes({1})},
};

// The largest difference from the sum in long double, in roundings of T of the sum of absolute values.
template <class T>
double error_of(const Tensor<T>& got, const Tensor<long double>& terms, AxisSet axes) {
  const auto add = [](long double a, long double b) { return a + b; };
  const auto expected = plain_reduce(terms, axes, got.shape(), 0.0L, add);
  const auto sizes =
      plain_reduce(plain_map(terms, [](long double v) { return std::abs(v); }), axes, got.shape(), 0.0L, add);
  double worst = 0;
  for (Index i = 0; i < got.size(); ++i) {
    const long double error = std::abs(static_cast<long double>(got[i]) - expected[i]);
    worst = std::max(worst, static_cast<double>(error / sizes[i]));
  }
  return worst / static_cast<double>(std::numeric_limits<T>::epsilon());
}

}  // namespace

TEMPLATE_TEST_CASE("sum and sum_of_product are right to the last roundings on every target",
                   "[autodiff][kernels]", float, double) {
  Random random(53);
  // float32 is summed in float64 and rounded once; float64 pairwise, in blocks.
  const double allowed = std::is_same_v<TestType, float> ? 1 : 8;
  for (const Sum& s : sums) {
    const auto a = random.tensor<TestType>(s.shape), b = random.tensor<TestType>(s.shape);
    const auto products = plain_zip(a, b, s.shape, [](TestType p, TestType q) { return p * q; });
    Tensor<TestType> got = Tensor<TestType>::zeros(reduced_shape(s.shape, s.axes, KeepDims::no));
    for_each_target([&] {
      CAPTURE(to_string(s.shape), s.axes.bits);
      kernels::sum(s.shape, s.axes, a.data(), TestType(1), got.mutable_data());
      CHECK(error_of(got, a.template cast<long double>(), s.axes) < allowed);
      kernels::sum_of_product(s.shape, s.axes, a.data(), b.data(), got.mutable_data());
      CHECK(error_of(got, products.template cast<long double>(), s.axes) < allowed);
    });
  }
}

TEST_CASE("a sum of a million terms in float32 and float64 is as accurate as a short one",
          "[autodiff][kernels]") {
  const Index n = 1 << 20;
  float y = 0;
  kernels::sum({n}, axes({0}), Tensor<float>::full({n}, 0.1F).data(), 1.0F, &y);
  CHECK(y == 0.1F * static_cast<float>(n));
  double z = 0;
  kernels::sum({n, 1}, axes({0}), Tensor<double>::full({n, 1}, 0.1).data(), 1.0, &z);
  CHECK(std::abs(z - 0.1 * static_cast<double>(n)) < 1e-10);
}
