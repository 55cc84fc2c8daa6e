// SPDX-License-Identifier: MIT
#include <tests/support/check_op.h>
#include <tests/support/plain_loops.h>

#include <algorithm>
#include <numeric>

using namespace wengert;
using namespace wengert::test;

TEST_CASE("reshape shows the same numbers under another shape, without a copy", "[autodiff][ops]") {
  const Tensor<float> x = Random(1).tensor<float>({2, 3, 5});
  const Var<float> v(x);
  const Var<float> y = reshape(v, {5, 1, 6});
  CHECK(y.shape() == Shape{5, 1, 6});
  CHECK(y.value().buffer() == x.buffer());
  check_op([](auto in) { return square(reshape(in[0], {3, 10})); }, {x}, 16);
  check_op([](auto in) { return square(reshape(in[0], {3, 0})); }, {Tensor<float>::zeros({0, 7})});
  check_op([](auto in) { return square(reshape(in[0], {})); }, {Tensor<float>::full({1, 1}, 3)}, 16);
}

TEST_CASE("Where nothing changes, reshape, broadcast_to and sum_to add no node", "[autodiff][ops]") {
  Tape<float> tape;
  const Var<float> x = tape.leaf(Tensor<float>::zeros({2, 3}));
  CHECK(reshape(x, {2, 3}).id() == x.id());
  CHECK(broadcast_to(x, {2, 3}).id() == x.id());
  CHECK(sum_to(x, {2, 3}).id() == x.id());
  CHECK(tape.size() == 1);
}

TEST_CASE("transpose by every order of four axes equals plain loops and has exact derivatives",
          "[autodiff][ops]") {
  const Tensor<float> x = Random(2).tensor<float>({2, 3, 1, 4});
  std::vector<int> order(4);
  std::iota(order.begin(), order.end(), 0);
  do {
    const Tensor<float> y = transpose(Var<float>(x), order).value();
    for (Index i = 0; i < y.size(); ++i) {
      const Place to = place_of(y.shape(), i);
      Place from(4);
      for (std::size_t axis = 0; axis < 4; ++axis) from[static_cast<std::size_t>(order[axis])] = to[axis];
      CHECK(y[i] == x[flat_of(x.shape(), from)]);
    }
    check_op([&](auto in) { return square(transpose(in[0], order)); }, {x}, 16);
  } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("transpose takes any rank, axes from the end, and all axes reversed by default",
          "[autodiff][ops]") {
  const Tensor<float> x = Random(3).tensor<float>({2, 3, 4});
  const std::array<int, 3> from_the_end{-1, 0, -2};
  CHECK(transpose(Var<float>(x), from_the_end).shape() == Shape{4, 2, 3});
  CHECK(transpose(Var<float>(x)).shape() == Shape{4, 3, 2});
  CHECK_THAT(transpose(transpose(Var<float>(x))).value(), Equals(x));
  check_op([](auto in) { return square(transpose(in[0])); }, {Tensor<float>::scalar(3)}, 16);
  check_op([](auto in) { return square(transpose(in[0])); }, {Tensor<float>::zeros({3, 0})});
  check_op([](auto in) { return square(transpose(in[0])); },
           {Random(4).tensor<float>({1, 2, 1, 3, 1, 2, 1, 2})}, 16);
}

TEST_CASE("broadcast_to repeats, sum_to sums what was repeated, and each is the other's vjp",
          "[autodiff][ops]") {
  const std::vector<std::pair<Shape, Shape>> cases = {{{}, {2, 3}},
                                                      {{3}, {2, 3}},
                                                      {{2, 1}, {2, 3}},
                                                      {{1, 1}, {3, 2}},
                                                      {{3, 1, 2}, {2, 3, 5, 2}},
                                                      {{1}, {0}},
                                                      {{1, 3}, {0, 3}},
                                                      {{2, 1, 3, 1}, {1, 4, 2, 2, 3, 2}}};
  Random random(5);
  for (const auto& [small, large] : cases) {
    const Shape to = large, back = small;
    const auto x = random.tensor<float>(small), y = random.tensor<float>(large);
    CHECK_THAT(broadcast_to(Var<float>(x), large).value(),
               Equals(plain_zip(x, y, large, [](float a, float) { return a; })));
    const Tensor<double> summed = sum_to(Var<double>(y.cast<double>()), small).value();
    // <broadcast(x), y> = <x, sum(y)>
    double left = 0, right = 0;
    for (Index i = 0; i < y.size(); ++i) left += element(x, place_of(large, i)) * static_cast<double>(y[i]);
    for (Index i = 0; i < x.size(); ++i) right += x[i] * summed[i];
    CHECK(std::abs(left - right) < rounding<double>(10));
    check_op([to](auto in) { return square(broadcast_to(in[0], to)); }, {x}, 64);
    check_op([back](auto in) { return square(sum_to(in[0], back)); }, {y}, 64);
  }
}

TEST_CASE("Layouts that do not fit are refused by name", "[autodiff][ops]") {
  const Var<double> x(Tensor<double>::zeros({2, 3}));
  CHECK_THROWS_WITH(reshape(x, {4}), "reshape: shape [2, 3] has 6 elements, the new shape [4] has 4");
  CHECK_THROWS_WITH(broadcast_to(x, {3, 3}), "broadcast_to: shape [2, 3] does not broadcast to [3, 3]");
  CHECK_THROWS_WITH(broadcast_to(x, {3}), "broadcast_to: shape [2, 3] does not broadcast to [3]");
  CHECK_THROWS_WITH(sum_to(x, {2}), "sum_to: shape [2] does not broadcast to that of the input, [2, 3]");
  const std::array<int, 1> too_few{0};
  const std::array<int, 2> twice{1, -1}, beyond{0, 2};
  CHECK_THROWS_WITH(transpose(x, too_few), "transpose: 1 axes named, expected 2 for shape [2, 3]");
  CHECK_THROWS_WITH(transpose(x, twice), "transpose: axis -1 is named twice");
  CHECK_THROWS_WITH(transpose(x, beyond), "transpose: axis 2 is out of range for rank 2");
}
