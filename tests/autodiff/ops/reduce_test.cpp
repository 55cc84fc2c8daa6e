// SPDX-License-Identifier: MIT
#include <tests/support/check_op.h>
#include <tests/support/plain_loops.h>

using namespace wengert;
using namespace wengert::test;

namespace {

Axes axes_of(AxisSet set) {
  std::vector<int> axes;
  for (int axis = 0; axis < Shape::max_rank; ++axis) {
    if (set.contains(axis)) axes.push_back(axis);
  }
  return Axes(std::span<const int>(axes));
}

Index count(const Shape& shape, AxisSet set) {
  Index n = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) n *= set.contains(axis) ? shape[axis] : 1;
  return n;
}

// Calls visit(set) for every set of axes of a tensor of that rank, the empty one too.
template <class Visit>
void for_each_axis_set(int rank, Visit visit) {
  for (unsigned bits = 0; bits < 1U << rank; ++bits) visit(AxisSet{static_cast<std::uint8_t>(bits)});
}

const std::vector<Shape> shapes = {{},           {1},          {5},       {2, 3}, {3, 1, 2},
                                   {1, 2, 1, 3}, {2, 3, 2, 5}, {3, 0, 2}, {0}};

}  // namespace

TEST_CASE("sum, mean and max over any axes equal plain loops", "[autodiff][ops]") {
  Random random(43);
  const KeepDims keep = GENERATE(KeepDims::no, KeepDims::yes);
  for (const Shape& shape : shapes) {
    const Tensor<double> x = random.tensor<double>(shape);
    for_each_axis_set(shape.rank(), [&](AxisSet set) {
      const Shape kept = reduced_shape(shape, set, keep);
      const auto n = static_cast<double>(count(shape, set));
      const auto total = plain_reduce(x, set, kept, 0.0, [](double a, double b) { return a + b; });
      const Var<double> v(x);
      CHECK_THAT(sum(v, axes_of(set), keep).value(), AllClose(total, rounding<double>()));
      if (n == 0) {
        CHECK_THROWS_AS(mean(v, axes_of(set), keep), ShapeError);
        CHECK_THROWS_AS(max(v, axes_of(set), keep), ShapeError);
        return;
      }
      CHECK_THAT(mean(v, axes_of(set), keep).value(),
                 AllClose(plain_map(total, [n](double t) { return t / n; }), rounding<double>()));
      CHECK_THAT(max(v, axes_of(set), keep).value(),
                 Equals(plain_reduce(x, set, kept, -2.0, [](double a, double b) { return std::max(a, b); })));
    });
  }
}

TEST_CASE("sum, mean and max have exact derivatives over any axes", "[autodiff][ops]") {
  Random random(47);
  const KeepDims keep = GENERATE(KeepDims::no, KeepDims::yes);
  for (const Shape& shape : {Shape{}, Shape{4}, Shape{2, 3}, Shape{3, 1, 2}, Shape{2, 0}}) {
    const Tensor<float> x = random.spread<float>(shape);
    for_each_axis_set(shape.rank(), [&](AxisSet set) {
      const Axes axes = axes_of(set);
      check_op([&](auto in) { return square(sum(in[0], axes, keep)); }, {x}, 64);
      if (count(shape, set) == 0) return;
      check_op([&](auto in) { return square(mean(in[0], axes, keep)); }, {x}, 64);
      check_op([&](auto in) { return square(max(in[0], axes, keep)); }, {x}, 64);
    });
  }
}

TEST_CASE("All eight axes reduce, from the front and from the end", "[autodiff][ops]") {
  const Tensor<float> x = Random(53).spread<float>({2, 1, 3, 1, 1, 2, 1, 2});
  check_op([](auto in) { return square(sum(in[0], {0, -3, 7})); }, {x}, 64);
  check_op([](auto in) { return square(mean(in[0], {-1, 2}, keep_dims)); }, {x}, 64);
  check_op([](auto in) { return square(max(in[0])); }, {x}, 64);
  const Var<float> v(x);
  CHECK_THAT(sum(v, {-1}).value(), Equals(sum(v, {7}).value()));
  CHECK(sum(v).shape() == Shape{});
  CHECK(sum(v, all_axes, keep_dims).shape() == Shape{1, 1, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("The sum over nothing is 0", "[autodiff][ops]") {
  CHECK_THAT(sum(Var<float>(Tensor<float>::zeros({2, 0}))).value(), Equals(Tensor<float>::scalar(0)));
  CHECK_THAT(sum(Var<float>(Tensor<float>::zeros({2, 0, 3})), {1}).value(),
             Equals(Tensor<float>::zeros({2, 3})));
  CHECK_THAT(sum(Var<float>(Tensor<float>::zeros({0, 3})), {0}, keep_dims).value(),
             Equals(Tensor<float>::zeros({1, 3})));
}

TEST_CASE("max shares the cotangent equally among ties, in each reduced group", "[autodiff][ops]") {
  const Tensor<double> x({2, 3}, {1, 5, 5, 2, 2, 2});
  const Tensor<double> dy({2}, {6, -3});
  CHECK_THAT(vjp_of<double>([](Vars<double> in) { return max(in[0], {1}); }, {x}, dy)[0],
             Equals(Tensor<double>({2, 3}, {0, 3, 3, -1, -1, -1})));
}

TEST_CASE("A NaN wins every max", "[autodiff][ops]") {
  const float nan = std::nanf("");
  const Var<float> x(Tensor<float>({2, 3}, {1, nan, 2, nan, 0, -1}));
  CHECK(std::isnan(max(x).value().item()));
  CHECK_THAT(max(x, {1}).value(), Equals(Tensor<float>({2}, {nan, nan})));
  CHECK_THAT(max(x, {0}).value(), Equals(Tensor<float>({3}, {nan, nan, 2})));
}

TEST_CASE("The maximum of infinities is one of them", "[autodiff][ops]") {
  const float inf = std::numeric_limits<float>::infinity();
  const Var<float> x(Tensor<float>({2, 2}, {-inf, -inf, inf, 0}));
  CHECK_THAT(max(x, {1}).value(), Equals(Tensor<float>({2}, {-inf, inf})));
}

TEST_CASE("A long sum of float32 is as good as its rounding", "[autodiff][ops]") {
  // Rows, columns, and a run longer than any block; 0.1 is off by as much in every term.
  const Tensor<float> x = Tensor<float>::full({1000, 300}, 0.1F);
  const auto exact = static_cast<double>(0.1F);
  CHECK(sum(Var<float>(x)).value().item() == static_cast<float>(300000 * exact));
  const Tensor<float> rows = sum(Var<float>(x), {1}).value();
  const Tensor<float> columns = sum(Var<float>(x), {0}).value();
  CHECK_THAT(rows, Equals(Tensor<float>::full({1000}, static_cast<float>(300 * exact))));
  CHECK_THAT(columns, Equals(Tensor<float>::full({300}, static_cast<float>(1000 * exact))));
  CHECK_THAT(mean(Var<float>(x), {0}).value(), Equals(Tensor<float>::full({300}, 0.1F)));
}

TEST_CASE("A sum is pairwise: its error does not grow with its length", "[autodiff][ops]") {
  const Tensor<double> x = Random(59).tensor<double>({100000, 3}, 0, 1);
  const Tensor<long double> exact = sum(Var<long double>(x.cast<long double>()), {0}).value();
  const Tensor<double> got = sum(Var<double>(x), {0}).value();
  CHECK_THAT(got, CloseToOracle<double>(exact, 4 * std::numeric_limits<double>::epsilon()));
  const Tensor<double> rows = sum(transpose(Var<double>(x)), {1}).value();
  CHECK_THAT(rows, CloseToOracle<double>(exact, 4 * std::numeric_limits<double>::epsilon()));
}

TEST_CASE("Wide and deep tensors reduce over middle axes as plain loops do", "[autodiff][ops]") {
  const Shape shape = GENERATE(Shape{3, 37, 301}, Shape{2, 257, 5}, Shape{19, 2, 3, 129});
  const Tensor<double> x = Random(61).tensor<double>(shape);
  for_each_axis_set(shape.rank(), [&](AxisSet set) {
    const auto plain = plain_reduce(x.cast<long double>(), set, reduced_shape(shape, set, KeepDims::no), 0.0L,
                                    [](long double a, long double b) { return a + b; });
    CHECK_THAT(sum(Var<double>(x), axes_of(set)).value(), CloseToOracle<double>(plain, rounding<double>()));
  });
}

TEST_CASE("Axes that are not there, or twice there, are refused by name", "[autodiff][ops]") {
  const Var<double> x(Tensor<double>::zeros({2, 3, 0}));
  CHECK_THROWS_WITH(sum(x, {3}), "sum: axis 3 is out of range for rank 3");
  CHECK_THROWS_WITH(max(x, {-4}), "max: axis -4 is out of range for rank 3");
  CHECK_THROWS_WITH(mean(x, {0, -3}), "mean: axis -3 is named twice");
  CHECK_THROWS_WITH(sum(Var<double>(Tensor<double>::scalar(1)), {0}),
                    "sum: axis 0 is out of range for rank 0");
  CHECK_THROWS_WITH(
      mean(x, {2}),
      "mean: input has shape [2, 3, 0] with nothing along the reduced axes, expected at least one element");
  CHECK_THROWS_WITH(
      max(x),
      "max: input has shape [2, 3, 0] with nothing along the reduced axes, expected at least one element");
}
