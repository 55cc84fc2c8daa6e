// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <layers/group_layout.h>

#include <cmath>
#include <functional>
#include <numeric>

namespace wengert {
namespace {

Index product(const Index* first, const Index* last) {
  return std::accumulate(first, last, Index{1}, std::multiplies<>());
}

Shape shape_of(const std::vector<Index>& extents) { return Shape(std::span<const Index>(extents)); }

}  // namespace

void check_eps(const std::string& op, double eps) {
  if (!std::isfinite(eps) || eps < 0) throw_value(op, "eps", eps, "a finite number >= 0");
}

GroupLayout trailing_layout(std::string op, const Shape& x, int normalized_axes) {
  if (normalized_axes < 1) throw_value(op, "normalized_axes", normalized_axes, "at least 1");
  const int leading = x.rank() - normalized_axes;
  if (leading < 0) {
    throw ShapeError(op + ": x has shape " + to_string(x) + ", expected at least the " +
                     std::to_string(normalized_axes) + " axes that are normalised over");
  }
  const Index* split = x.begin() + leading;
  GroupLayout layout;
  layout.op = std::move(op);
  layout.over =
      normalized_axes == 1 ? "the last axis" : "the last " + std::to_string(normalized_axes) + " axes";
  layout.view = {.batch = product(x.begin(), split), .channels = product(split, x.end())};
  if (layout.view.channels == 0) {
    throw ShapeError(layout.op + ": x has shape " + to_string(x) + " with no values to normalise over");
  }
  layout.grouped = x;
  layout.reduced.resize(static_cast<std::size_t>(normalized_axes));
  std::iota(layout.reduced.begin(), layout.reduced.end(), leading);
  layout.statistics = Shape(std::span(x.begin(), split));
  layout.parameter = Shape(std::span(split, x.end()));
  layout.broadcast = layout.parameter;
  return layout;
}

GroupLayout channel_layout(std::string op, const Shape& x, int channel_axis, std::optional<int> groups) {
  if (groups && *groups < 1) throw_value(op, "groups", *groups, "at least 1");
  if (x.rank() < 2) throw ShapeError(op + ": x has shape " + to_string(x) + ", expected rank 2 or more");
  const int axis = resolve_axis(op, channel_axis, x.rank());
  if (axis == 0) throw ShapeError(op + ": the channel axis is axis 0, expected another: that is the batch");
  const Index channels = x[axis];
  if (groups && channels % *groups != 0) {
    throw ShapeError(op + ": x has shape " + to_string(x) + " with " + std::to_string(channels) +
                     " channels, expected a number that its " + std::to_string(*groups) + " groups divide");
  }
  GroupLayout layout;
  layout.op = std::move(op);
  layout.view = {.batch = x[0],
                 .outer = product(x.begin() + 1, x.begin() + axis),
                 .channels = channels,
                 .inner = product(x.begin() + axis + 1, x.end()),
                 .groups = groups ? *groups : channels};
  const kernels::GroupView& view = layout.view;
  const Index count = channels == 0 ? 0 : view.count();
  if (count < 2) {
    const std::string group = groups ? "group" : "instance";
    throw ShapeError(layout.op + ": x has shape " + to_string(x) + " with " + std::to_string(count) +
                     " values per " + group + ", expected at least 2");
  }
  layout.over = groups ? "a group of channels of a sample" : "a channel of a sample";
  if (axis == 1) {
    layout.grouped = {view.batch, view.groups, view.group_channels() * view.inner};
    layout.reduced = {2};
  } else {
    layout.grouped = {view.batch, view.outer, view.groups, view.group_channels() * view.inner};
    layout.reduced = {1, 3};
  }
  layout.statistics = {view.batch, view.groups};
  layout.parameter = {channels};
  std::vector<Index> broadcast(static_cast<std::size_t>(x.rank() - axis), 1);
  broadcast[0] = channels;
  layout.broadcast = shape_of(broadcast);
  return layout;
}

}  // namespace wengert
