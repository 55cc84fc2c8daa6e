// SPDX-License-Identifier: MIT
#include <tests/support/all_close.h>
#include <tests/support/random.h>

#include <Eigen/Core>
#include <cstdint>

using namespace wengert;
using namespace wengert::test;

TEMPLATE_TEST_CASE("A tensor holds row-major values on a 64-byte boundary", "[autodiff][tensor]", float,
                   double, long double) {
  using T = TestType;
  const Tensor<T> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(x.shape() == Shape{2, 3});
  CHECK(x.size() == 6);
  CHECK(x.bytes() == 6 * sizeof(T));
  CHECK(x[4] == 5);
  CHECK(x.values().back() == 6);
  CHECK(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
  CHECK(Tensor<T>::full({2}, T(3))[1] == 3);
  CHECK(Tensor<T>::zeros({2})[1] == 0);
  CHECK(Tensor<T>::scalar(T(7)).item() == 7);
  CHECK(Tensor<T>::zeros({3, 0}).values().empty());
}

TEST_CASE("No tensor is false, a tensor is true", "[autodiff][tensor]") {
  CHECK_FALSE(Tensor<float>());
  CHECK(Tensor<float>::scalar(0));
  CHECK(Tensor<float>::zeros({0}));
}

TEST_CASE("Values that do not fill the shape are refused", "[autodiff][tensor]") {
  CHECK_THROWS_WITH(Tensor<float>({2, 3}, {1, 2}), "tensor: 2 values came, expected 6 for shape [2, 3]");
}

TEST_CASE("item asks for exactly one element", "[autodiff][tensor]") {
  CHECK(Tensor<float>({1, 1}, {4}).item() == 4);
  CHECK_THROWS_WITH(Tensor<float>::zeros({2}).item(),
                    "item: tensor has shape [2], expected exactly one element");
  CHECK_THROWS_AS(Tensor<float>::zeros({0}).item(), ShapeError);
  CHECK_THROWS_AS(Tensor<float>().item(), ShapeError);
}

TEST_CASE("Copies share the numbers, a clone has its own", "[autodiff][tensor]") {
  Tensor<float> x({2}, {1, 2});
  CHECK(x.unique());
  {
    const Tensor<float> copy = x;
    CHECK(copy.buffer() == x.buffer());
    CHECK_FALSE(x.unique());
    CHECK_THROWS_WITH(x.mutable_data(),
                      "mutable_data: the numbers of tensor [2] are shared, expected a sole owner; write to a "
                      "clone()");
    CHECK_THROWS_AS(x.mutable_data(), ValueError);
  }
  x.mutable_data()[0] = 5;
  Tensor<float> other = x.clone();
  other.mutable_data()[0] = 6;
  CHECK(x[0] == 5);
}

TEST_CASE("Borrowed memory is read in place and never written", "[autodiff][tensor]") {
  const std::array<double, 3> numbers{1, 2, 3};
  Tensor<double> x = Tensor<double>::borrow(numbers.data(), {3});
  CHECK(x.data() == numbers.data());
  CHECK_FALSE(x.unique());
  CHECK_THROWS_WITH(x.mutable_data(),
                    "mutable_data: the numbers of tensor [3] are borrowed, expected a sole owner; write to a "
                    "clone()");
}

TEST_CASE("reshaped shares the numbers under a shape of the same size", "[autodiff][tensor]") {
  const Tensor<float> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(x.reshaped({3, 2}).buffer() == x.buffer());
  CHECK_THROWS_WITH(x.reshaped({4}), "reshape: shape [2, 3] has 6 elements, the new shape [4] has 4");
}

TEST_CASE("cast rounds to the narrower type and widens exactly", "[autodiff][tensor]") {
  const Tensor<double> x({2}, {0.1, -3});
  CHECK(x.cast<float>()[0] == 0.1F);
  CHECK(x.cast<float>().cast<double>()[0] == static_cast<double>(0.1F));
  CHECK(x.cast<long double>()[1] == -3.0L);
}

TEMPLATE_TEST_CASE("A tensor is built from any Eigen expression, element by element", "[autodiff][tensor]",
                   float, double, long double) {
  using T = TestType;
  using ColumnMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  ColumnMajor m(2, 3);
  m << 1, 2, 3, 4, 5, 6;
  const Tensor<T> rows({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_THAT(Tensor<T>(m), Equals(rows));
  CHECK_THAT(Tensor<T>(m.transpose()), Equals(Tensor<T>({3, 2}, {1, 4, 2, 5, 3, 6})));
  CHECK_THAT(Tensor<T>(m.array() * T(2)), Equals(Tensor<T>({2, 3}, {2, 4, 6, 8, 10, 12})));
  CHECK_THAT(Tensor<T>(m * m.transpose()), Equals(Tensor<T>({2, 2}, {14, 32, 32, 77})));
  CHECK_THAT(Tensor<T>(m.row(1)), Equals(Tensor<T>({3}, {4, 5, 6})));
  CHECK_THAT(Tensor<T>(m.col(1)), Equals(Tensor<T>({2}, {2, 5})));
  CHECK_THAT(Tensor<T>(m.block(0, 1, 2, 2)), Equals(Tensor<T>({2, 2}, {2, 3, 5, 6})));
  CHECK_THAT(Tensor<T>(m.colwise().sum()), Equals(Tensor<T>({3}, {5, 7, 9})));
  CHECK(Tensor<T>(ColumnMajor(0, 3)).shape() == Shape{0, 3});
  CHECK(Tensor<T>(ColumnMajor(3, 0)).shape() == Shape{3, 0});
}

TEST_CASE("A column-major N×D matrix is a row-major [D, N] tensor without a copy", "[autodiff][tensor]") {
  Eigen::MatrixXd x(3, 2);
  x << 1, 2, 3, 4, 5, 6;
  const auto t = Tensor<double>::borrow(x.data(), {2, 3});
  CHECK_THAT(t, Equals(Tensor<double>(x.transpose())));
}

TEST_CASE("matrix, array and flat look at the numbers in place", "[autodiff][tensor]") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(x.matrix().data() == x.data());
  CHECK(x.matrix()(1, 0) == 4);
  CHECK(x.array()(0, 2) == 3);
  CHECK(x.flat()(5) == 6);
  CHECK(Tensor<double>::zeros({2, 2, 2}).flat().size() == 8);
  CHECK_THROWS_WITH(Tensor<double>::zeros({2}).matrix(), "matrix: tensor has shape [2], expected rank 2");
  CHECK_THROWS_WITH(Tensor<double>::zeros({2}).array(), "array: tensor has shape [2], expected rank 2");
}

TEST_CASE("On a temporary, matrix, array and flat own what they return", "[autodiff][tensor]") {
  const auto make = [] { return Tensor<double>({2, 2}, {1, 2, 3, 4}); };
  const auto matrix = make().matrix();
  const auto array = make().array();
  const auto flat = make().flat();
  const Tensor<double> reuse({2, 2}, {9, 9, 9, 9});
  CHECK(matrix.sum() + array.sum() + flat.sum() == 30);
}
