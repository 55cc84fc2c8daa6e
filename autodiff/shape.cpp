// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <autodiff/shape.h>

#include <algorithm>

namespace wengert {
namespace {

// Leaves room for the byte count of the widest element, and for pointer differences.
constexpr Index most_elements = Index{1} << 56;

std::string listed(std::span<const Index> extents) {
  std::string text = "[";
  for (std::size_t i = 0; i < extents.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(extents[i]);
  return text + "]";
}

}  // namespace

Shape::Shape(std::span<const Index> extents) : rank_(static_cast<int>(extents.size())) {
  if (extents.size() > max_rank) throw ShapeError("shape " + listed(extents) + " has more than 8 axes");
  bool empty = false;
  for (const Index extent : extents) {
    if (extent < 0) throw ShapeError("shape " + listed(extents) + " has a negative extent");
    empty = empty || extent == 0;
  }
  for (const Index extent : extents) {
    if (extent == 0) continue;
    if (size_ > most_elements / extent)
      throw ShapeError("shape " + listed(extents) + " has more than 2^56 elements");
    size_ *= extent;
  }
  if (empty) size_ = 0;
  std::ranges::copy(extents, extents_.begin());
}

std::string to_string(const Shape& shape) { return listed({shape.begin(), shape.end()}); }

Shape broadcast(std::string_view op, const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<Index, Shape::max_rank> extents{};
  for (int from_end = 1; from_end <= rank; ++from_end) {
    const Index of_a = from_end <= a.rank() ? a[a.rank() - from_end] : 1;
    const Index of_b = from_end <= b.rank() ? b[b.rank() - from_end] : 1;
    if (of_a != of_b && of_a != 1 && of_b != 1) {
      throw ShapeError(std::string(op) + ": shapes " + to_string(a) + " and " + to_string(b) +
                       " do not broadcast, expected equal extents or 1 from the last axis on");
    }
    extents[static_cast<std::size_t>(rank - from_end)] = of_a == 1 ? of_b : of_a;
  }
  return Shape(std::span(extents.data(), static_cast<std::size_t>(rank)));
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  for (int from_end = 1; from_end <= from.rank(); ++from_end) {
    const Index extent = from[from.rank() - from_end];
    if (extent != 1 && extent != to[to.rank() - from_end]) return false;
  }
  return true;
}

Axes::Axes(std::span<const int> axes) : count_(static_cast<int>(axes.size())) {
  if (axes.size() > Shape::max_rank) throw ShapeError("more than 8 axes named");
  std::ranges::copy(axes, axes_.begin());
}

int resolve_axis(std::string_view op, int axis, int rank) {
  const int resolved = axis < 0 ? axis + rank : axis;
  if (resolved < 0 || resolved >= rank) {
    throw ShapeError(std::string(op) + ": axis " + std::to_string(axis) + " is out of range for rank " +
                     std::to_string(rank));
  }
  return resolved;
}

AxisSet Axes::resolve(std::string_view op, int rank) const {
  AxisSet set;
  if (all_) {
    for (int axis = 0; axis < rank; ++axis) set.add(axis);
    return set;
  }
  for (int i = 0; i < count_; ++i) {
    const int axis = axes_[static_cast<std::size_t>(i)];
    const int resolved = resolve_axis(op, axis, rank);
    if (set.contains(resolved)) {
      throw ShapeError(std::string(op) + ": axis " + std::to_string(axis) + " is named twice");
    }
    set.add(resolved);
  }
  return set;
}

Shape reduced_shape(const Shape& shape, AxisSet axes, KeepDims keep) {
  std::array<Index, Shape::max_rank> extents{};
  std::size_t rank = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (!axes.contains(axis)) {
      extents[rank++] = shape[axis];
    } else if (keep == KeepDims::yes) {
      extents[rank++] = 1;
    }
  }
  return Shape(std::span(extents.data(), rank));
}

}  // namespace wengert
