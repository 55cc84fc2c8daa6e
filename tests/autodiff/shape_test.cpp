// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <tests/support/all_close.h>

using namespace wengert;

TEST_CASE("A shape knows its rank, its extents and its size", "[autodiff][shape]") {
  const Shape shape{2, 3, 5};
  CHECK(shape.rank() == 3);
  CHECK(shape.size() == 30);
  CHECK(shape[1] == 3);
  CHECK(std::vector<Index>(shape.begin(), shape.end()) == std::vector<Index>{2, 3, 5});
  CHECK(to_string(shape) == "[2, 3, 5]");
}

TEST_CASE("A scalar has rank 0 and one element; an extent of 0 leaves none", "[autodiff][shape]") {
  CHECK(Shape{}.rank() == 0);
  CHECK(Shape{}.size() == 1);
  CHECK(to_string(Shape{}) == "[]");
  CHECK(Shape{2, 0, 3}.size() == 0);
  CHECK(Shape{0}.size() == 0);
}

TEST_CASE("Shapes are equal when rank and extents are", "[autodiff][shape]") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2} != Shape{2, 1});
  CHECK(Shape{} != Shape{1});
  CHECK(Shape{0, 1} != Shape{0});
}

TEST_CASE("Extents that make no shape are refused", "[autodiff][shape]") {
  CHECK_THROWS_WITH((Shape{2, -1}), "shape [2, -1] has a negative extent");
  CHECK_THROWS_WITH((Shape{1, 2, 3, 4, 5, 6, 7, 8, 9}),
                    "shape [1, 2, 3, 4, 5, 6, 7, 8, 9] has more than 8 axes");
  CHECK_THROWS_WITH((Shape{Index{1} << 56, 2}), "shape [72057594037927936, 2] has more than 2^56 elements");
  CHECK_THROWS_AS((Shape{std::numeric_limits<Index>::max(), std::numeric_limits<Index>::max()}), ShapeError);
  CHECK(Shape{Index{1} << 56}.size() == Index{1} << 56);
  CHECK(Shape{1, 2, 3, 4, 5, 6, 7, 8}.size() == 40320);
}

TEST_CASE("An empty shape still may not be one that its other extents forbid", "[autodiff][shape]") {
  CHECK_THROWS_AS((Shape{0, Index{1} << 56, 2}), ShapeError);
  CHECK_THROWS_AS((Shape{0, -2}), ShapeError);
}

TEST_CASE("broadcast is NumPy's", "[autodiff][shape]") {
  CHECK(broadcast("op", {}, {}) == Shape{});
  CHECK(broadcast("op", {3}, {2, 1}) == Shape{2, 3});
  CHECK(broadcast("op", {2, 1, 5}, {4, 1}) == Shape{2, 4, 5});
  CHECK(broadcast("op", {0}, {1}) == Shape{0});
  CHECK(broadcast("op", {1, 0}, {3, 1}) == Shape{3, 0});
  CHECK_THROWS_WITH(
      broadcast("add", {2, 3}, {3, 2}),
      "add: shapes [2, 3] and [3, 2] do not broadcast, expected equal extents or 1 from the last axis on");
  CHECK_THROWS_AS(broadcast("op", {0}, {2}), ShapeError);
}

TEST_CASE("broadcasts_to asks for exactly the second shape", "[autodiff][shape]") {
  CHECK(broadcasts_to({}, {2, 3}));
  CHECK(broadcasts_to({3}, {2, 3}));
  CHECK(broadcasts_to({2, 1}, {2, 3}));
  CHECK(broadcasts_to({1}, {0}));
  CHECK_FALSE(broadcasts_to({2, 3}, {3}));
  CHECK_FALSE(broadcasts_to({2}, {2, 3}));
  CHECK_FALSE(broadcasts_to({0}, {1}));
}

TEST_CASE("Axes are counted from the front or from the end", "[autodiff][shape]") {
  CHECK(Axes{0, -1}.resolve("op", 3) == AxisSet{0b101});
  CHECK(Axes(all_axes).resolve("op", 3) == AxisSet{0b111});
  CHECK(Axes(all_axes).resolve("op", 0) == AxisSet{});
  CHECK(Axes(std::span<const int>{}).resolve("op", 3) == AxisSet{});
  CHECK(AxisSet{0b101}.count() == 2);
  CHECK(resolve_axis("op", -3, 3) == 0);
}

TEST_CASE("Axes that are not there are refused by the name of the op", "[autodiff][shape]") {
  CHECK_THROWS_WITH(Axes{3}.resolve("sum", 3), "sum: axis 3 is out of range for rank 3");
  CHECK_THROWS_WITH((Axes{1, -2}.resolve("sum", 3)), "sum: axis -2 is named twice");
  CHECK_THROWS_WITH(resolve_axis("sum", -4, 3), "sum: axis -4 is out of range for rank 3");
  CHECK_THROWS_WITH((Axes{0, 1, 2, 3, 4, 5, 6, 7, 8}), "more than 8 axes named");
}

TEST_CASE("reduced_shape drops the axes of the set or keeps them as 1", "[autodiff][shape]") {
  CHECK(reduced_shape({2, 3, 5}, AxisSet{0b101}, KeepDims::no) == Shape{3});
  CHECK(reduced_shape({2, 3, 5}, AxisSet{0b101}, keep_dims) == Shape{1, 3, 1});
  CHECK(reduced_shape({2, 3}, AxisSet{0b11}, KeepDims::no) == Shape{});
}

TEST_CASE("expect_shape and throw_value say what came and what was expected", "[autodiff][error]") {
  CHECK_NOTHROW(expect_shape("layer", "gamma", {8}, {8}));
  CHECK_THROWS_WITH(expect_shape("layer", "gamma", {7}, {8}), "layer: gamma has shape [7], expected [8]");
  CHECK_THROWS_WITH(throw_value("layer", "eps", -0.5, "a number >= 0"),
                    "layer: eps is -0.5, expected a number >= 0");
  CHECK_THROWS_AS(throw_value("layer", "eps", -0.5, "a number >= 0"), ValueError);
}

TEST_CASE("Every error is an Error", "[autodiff][error]") {
  CHECK_THROWS_AS(throw ShapeError("text"), Error);
  CHECK_THROWS_AS(throw ValueError("text"), Error);
  CHECK_THROWS_AS(throw TapeError("text"), Error);
  CHECK_THROWS_AS(throw NonFiniteError("text"), Error);
  CHECK_THROWS_AS(throw Error("text"), std::runtime_error);
}
