// SPDX-License-Identifier: MIT
// Shape: up to eight extents, row-major. Axes: a set of axes as a caller writes them, negative ones from the
// end.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace wengert {

using Index = std::int64_t;

/// The extents of a tensor; `Shape{}` is a scalar (rank 0, one element). An extent may be 0.
/// Throws ShapeError for a negative extent, more than eight axes, or more than 2^56 elements.
class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<Index> extents) : Shape(std::span(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const Index> extents);

  int rank() const { return rank_; }
  Index size() const { return size_; }
  Index operator[](int axis) const { return extents_[static_cast<std::size_t>(axis)]; }
  const Index* begin() const { return extents_.data(); }
  const Index* end() const { return extents_.data() + rank_; }

  friend bool operator==(const Shape& a, const Shape& b) {
    return a.rank_ == b.rank_ && a.extents_ == b.extents_;
  }

 private:
  std::array<Index, max_rank> extents_{};  // unused places stay 0, so that == compares whole arrays
  Index size_ = 1;
  int rank_ = 0;
};

/// "[3, 4]"; a scalar is "[]".
std::string to_string(const Shape& shape);

/// The NumPy broadcast of both shapes. Throws ShapeError naming `op` when they do not fit.
Shape broadcast(std::string_view op, const Shape& a, const Shape& b);

/// Whether `from` broadcasts to exactly `to`.
bool broadcasts_to(const Shape& from, const Shape& to);

/// A set of axes, one bit an axis.
struct AxisSet {
  std::uint8_t bits = 0;

  bool contains(int axis) const { return (bits >> axis & 1) != 0; }
  void add(int axis) { bits = static_cast<std::uint8_t>(bits | 1u << axis); }
  int count() const { return std::popcount(bits); }
  friend bool operator==(AxisSet, AxisSet) = default;
};

/// Axes as a caller writes them: `{0, 2}`, `{-1}` or `all_axes`.
class Axes {
 public:
  struct All {};
  Axes(All) : all_(true) {}
  Axes(std::initializer_list<int> axes) : Axes(std::span(axes.begin(), axes.size())) {}
  explicit Axes(std::span<const int> axes);

  /// The axes counted from the front. Throws ShapeError for one out of range or named twice.
  AxisSet resolve(std::string_view op, int rank) const;

 private:
  std::array<int, Shape::max_rank> axes_{};
  int count_ = 0;
  bool all_ = false;
};

inline constexpr Axes::All all_axes{};

/// Whether a reduced axis stays as an extent of 1.
enum class KeepDims { no, yes };
inline constexpr KeepDims keep_dims = KeepDims::yes;

/// `shape` with the axes of the set removed, or set to 1.
Shape reduced_shape(const Shape& shape, AxisSet axes, KeepDims keep);

/// `axis` counted from the front. Throws ShapeError "op: axis 4 is out of range for rank 3".
int resolve_axis(std::string_view op, int axis, int rank);

}  // namespace wengert
