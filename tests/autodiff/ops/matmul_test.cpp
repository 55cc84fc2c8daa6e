// SPDX-License-Identifier: MIT
#include <tests/support/check_op.h>

using namespace wengert;
using namespace wengert::test;

TEST_CASE("matmul equals three plain loops and has exact derivatives, for odd, thin and empty matrices",
          "[autodiff][ops]") {
  struct Extents {
    Index m, k, n;
  };
  const auto [m, k, n] = GENERATE(Extents{1, 1, 1}, Extents{2, 3, 2}, Extents{3, 5, 7}, Extents{1, 9, 4},
                                  Extents{5, 1, 3}, Extents{0, 3, 2}, Extents{2, 0, 3}, Extents{2, 3, 0});
  CAPTURE(m, k, n);
  Random random(7);
  const auto a = random.tensor<float>({m, k}), b = random.tensor<float>({k, n});
  Tensor<double> plain = Tensor<double>::zeros({m, n});
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      for (Index l = 0; l < k; ++l) {
        plain.mutable_data()[i * n + j] += static_cast<double>(a[i * k + l]) * b[l * n + j];
      }
    }
  }
  const Var<double> y = matmul(Var<double>(a.cast<double>()), Var<double>(b.cast<double>()));
  CHECK_THAT(y.value(), AllClose(plain, rounding<double>()));
  check_op([](auto in) { return matmul(in[0], in[1]); }, {a, b}, 16);
}

TEST_CASE("A matrix may be multiplied with itself and with its transpose, to third order",
          "[autodiff][ops]") {
  const Tensor<float> x = Random(8).tensor<float>({3, 3});
  check_op([](auto in) { return matmul(in[0], in[0]); }, {x}, 16);
  check_op([](auto in) { return matmul(matmul(in[0], transpose(in[0])), in[0]); }, {x}, 64);
  const Function<double> cubic = [](Vars<double> in) { return matmul(matmul(in[0], in[0]), in[0]); };
  CHECK(directional_error(differentiated(differentiated(cubic)), cast<double>({x})) < finite_difference);
}

TEST_CASE("A larger product does not depend on the order of its blocks", "[autodiff][ops]") {
  Random random(9);
  const auto a = random.tensor<double>({67, 129}), b = random.tensor<double>({129, 45});
  const Tensor<double> whole = matmul(Var<double>(a), Var<double>(b)).value();
  const Tensor<long double> wide =
      matmul(Var<long double>(a.cast<long double>()), Var<long double>(b.cast<long double>())).value();
  CHECK_THAT(whole, CloseToOracle<double>(wide, rounding<double>(4)));
}

TEST_CASE("matmul refuses shapes that are no matrices or do not meet", "[autodiff][ops]") {
  const Var<double> a(Tensor<double>::zeros({2, 3})), v(Tensor<double>::zeros({3}));
  CHECK_THROWS_WITH(matmul(a, a), "matmul: inputs have shapes [2, 3] and [2, 3], expected [m, k] and [k, n]");
  CHECK_THROWS_WITH(matmul(a, v), "matmul: inputs have shapes [2, 3] and [3], expected [m, k] and [k, n]");
}
