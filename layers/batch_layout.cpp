// SPDX-License-Identifier: MIT
#include <layers/batch_layout.h>

#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <string>

namespace wengert {

BatchLayout batch_layout(std::string_view op, const Shape& x, BatchNormOptions options) {
  if (!std::isfinite(options.eps) || options.eps < 0) {
    throw_value(op, "eps", options.eps, "a finite number >= 0");
  }
  if (x.rank() < 2) {
    throw ShapeError(std::string(op) + ": x has shape " + to_string(x) + ", expected rank 2 or more");
  }
  const int axis = resolve_axis(op, options.channel_axis, x.rank());
  const auto product = [](const Index* first, const Index* last) {
    return std::accumulate(first, last, Index{1}, std::multiplies<>());
  };
  BatchLayout layout;
  layout.channels = {x[axis]};
  layout.view = {.outer = product(x.begin(), x.begin() + axis),
                 .channels = x[axis],
                 .inner = product(x.begin() + axis + 1, x.end())};
  std::array<Index, Shape::max_rank> parameter;
  parameter.fill(1);
  parameter[0] = x[axis];
  layout.parameter = Shape(std::span(parameter).first(static_cast<std::size_t>(x.rank() - axis)));
  std::array<int, Shape::max_rank> others{};
  std::size_t count = 0;
  for (int other = 0; other < x.rank(); ++other) {
    if (other != axis) others[count++] = other;
  }
  layout.others = Axes(std::span(others).first(count));
  return layout;
}

void expect_two_values(std::string_view op, const Shape& x, const BatchLayout& layout) {
  if (layout.view.count() >= 2) return;
  throw ShapeError(std::string(op) + ": x has shape " + to_string(x) + " with " +
                   std::to_string(layout.view.count()) +
                   " values per channel, expected at least 2 in training");
}

}  // namespace wengert
