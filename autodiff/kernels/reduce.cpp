// SPDX-License-Identifier: MIT
#include <autodiff/kernels/reduce.h>
#include <autodiff/kernels/sums.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace wengert::kernels {
namespace {

// The offsets of all combinations of some axes, the last axis fastest.
class Offsets {
 public:
  void add_axis(Index extent, Index stride) {
    if (rank_ > 0 && strides_[last()] == extent * stride) {  // one axis with the one outside of it
      extents_[last()] *= extent;
      strides_[last()] = stride;
      return;
    }
    ++rank_;
    extents_[last()] = extent;
    strides_[last()] = stride;
  }
  Index count() const {
    Index n = 1;
    for (std::size_t axis = 0; axis < rank_; ++axis) n *= extents_[axis];
    return n;
  }
  /// The next `n` of them.
  void take(Index n, Index* offsets) {
    for (Index i = 0; i < n; ++i) {
      offsets[i] = offset_;
      for (std::size_t axis = rank_; axis-- > 0;) {
        offset_ += strides_[axis];
        if (++place_[axis] < extents_[axis]) break;
        offset_ -= strides_[axis] * extents_[axis];
        place_[axis] = 0;
      }
    }
  }
  /// Whether they are one row of `width` elements after the other.
  bool adjacent(Index width) const { return rank_ == 0 || (rank_ == 1 && strides_[0] == width); }

 private:
  std::size_t last() const { return rank_ - 1; }

  std::size_t rank_ = 0;
  std::array<Index, Shape::max_rank> extents_{}, strides_{}, place_{};
  Index offset_ = 0;
};

// x as an innermost, contiguous run, of kept or of reduced axes, and the other axes of either kind.
struct Walk {
  Offsets kept, reduced;
  Index run = 1;
  bool run_is_reduced = false;
};

Walk walk(const Shape& shape, AxisSet reduced) {
  Walk w;
  int axis = shape.rank();
  while (axis > 0 && shape[axis - 1] == 1) --axis;  // an extent of 1 is of either kind
  if (axis > 0) {
    w.run_is_reduced = reduced.contains(axis - 1);
    while (axis > 0 && (shape[axis - 1] == 1 || reduced.contains(axis - 1) == w.run_is_reduced)) {
      w.run *= shape[--axis];
    }
  }
  Index stride = shape.size();
  for (int outer = 0; outer < axis; ++outer) {
    stride /= shape[outer];
    if (shape[outer] > 1) (reduced.contains(outer) ? w.reduced : w.kept).add_axis(shape[outer], stride);
  }
  return w;
}

// A sum of many terms as a binary counter: level k holds the sum of 2^k terms, so that terms of equal weight
// meet. A term is `width` sums side by side.
template <class W>
class PairwiseSum {
 public:
  explicit PairwiseSum(std::size_t width) : width_(width) {}

  void add(W* term) {
    std::size_t level = 0;
    for (std::uint64_t carry = count_++; (carry & 1) != 0; carry >>= 1) add_level(level++, term);
    if (levels_.size() < (level + 1) * width_) levels_.resize((level + 1) * width_);
    std::copy_n(term, width_, at(level));
  }
  /// Adds up all levels.
  void total(W* sums) {
    std::fill_n(sums, width_, W(0));
    for (std::size_t level = 0; count_ >> level != 0; ++level) {
      if ((count_ >> level & 1) != 0) add_level(level, sums);
    }
    count_ = 0;
  }

 private:
  W* at(std::size_t level) { return levels_.data() + level * width_; }
  void add_level(std::size_t level, W* sums) {
    const W* from = at(level);
    for (std::size_t i = 0; i < width_; ++i) sums[i] += from[i];
  }

  std::size_t width_;
  std::uint64_t count_ = 0;
  std::vector<W> levels_;
};

// How many elements are added up one after the other before the pairwise sum begins: a float64 sum of float32
// needs none of it.
template <class T>
constexpr Index block = sizeof(T) < sizeof(SumType<T>) ? Index{1} << 40 : 128;
template <class T>
constexpr Index block_rows = sizeof(T) < sizeof(SumType<T>) ? Index{1} << 40 : 16;

template <class T>
void sum_rows(Walk& w, const T* x, const T* factor, T divisor, T* y) {
  using W = SumType<T>;
  PairwiseSum<W> pairwise(1);
  const Index rows = w.reduced.count(), kept = w.kept.count();
  for (Index k = 0; k < kept; ++k) {
    Index first = 0;
    w.kept.take(1, &first);
    W sum = 0;
    Index begun = 0;
    bool in_blocks = false;
    for (Index r = 0; r < rows; ++r) {
      Index offset = 0;
      w.reduced.take(1, &offset);  // comes back to its start after the last row
      for (Index i = 0; i < w.run; i += block<T>) {
        const Index n = std::min(block<T>, w.run - i), at = first + offset + i;
        sum += sum_run(x + at, factor == nullptr ? nullptr : factor + at, n);
        if ((begun += n) < block<T>) continue;
        pairwise.add(&sum);
        in_blocks = true;
        sum = 0, begun = 0;
      }
    }
    if (in_blocks) pairwise.add(&sum), pairwise.total(&sum);
    y[k] = static_cast<T>(sum / static_cast<W>(divisor));
  }
}

constexpr Index narrow = 64;  // several rows of fewer columns are summed as one
// Of rows this wide, few at a time: rows some KiB apart share the sets of L1, and 64 of them would push each
// other out (measured at 1024 x 1024, a product of two: 225 us in fours, 1500 us in sixty-fours).
constexpr Index wide = 256;
constexpr Index rows_a_step = 64, wide_rows_a_step = 4;

template <class T>
void sum_columns(Walk& w, const T* x, const T* factor, T divisor, T* y) {
  using W = SumType<T>;
  const Index width = w.run, rows = w.reduced.count(), kept = w.kept.count();
  const Index joined = width < narrow && w.reduced.adjacent(width) ? (narrow + width - 1) / width : 1;
  const Index step = width >= wide ? wide_rows_a_step : rows_a_step, steps = rows / joined;
  std::vector<W> sums(static_cast<std::size_t>(joined * width));
  PairwiseSum<W> pairwise(sums.size());
  std::array<Index, rows_a_step> offsets{};
  for (Index k = 0; k < kept; ++k) {
    Index first = 0;
    w.kept.take(1, &first);
    std::ranges::fill(sums, W(0));
    Index begun = 0;
    bool in_blocks = false;
    for (Index r = 0; r < steps;) {
      const Index n = std::min({step, block_rows<T>, steps - r});
      if (joined == 1) w.reduced.take(n, offsets.data());
      for (Index i = 0; i < n; ++i) {
        Index& offset = offsets[static_cast<std::size_t>(i)];
        offset = first + (joined == 1 ? offset : (r + i) * joined * width);
      }
      add_columns(x, factor, offsets.data(), n, joined * width, sums.data());
      r += n;
      if ((begun += n) < block_rows<T>) continue;
      pairwise.add(sums.data());
      in_blocks = true;
      std::ranges::fill(sums, W(0));
      begun = 0;
    }
    if (in_blocks) pairwise.add(sums.data()), pairwise.total(sums.data());
    for (std::size_t j = static_cast<std::size_t>(width); j < sums.size(); ++j) {
      sums[j % static_cast<std::size_t>(width)] += sums[j];
    }
    const Index rest = rows - steps * joined;
    for (Index i = 0; i < rest; ++i) {
      offsets[static_cast<std::size_t>(i)] = first + (steps * joined + i) * width;
    }
    add_columns(x, factor, offsets.data(), rest, width, sums.data());
    for (Index c = 0; c < width; ++c) {
      *y++ = static_cast<T>(sums[static_cast<std::size_t>(c)] / static_cast<W>(divisor));
    }
  }
}

template <class T>
void sum_terms(const Shape& shape, AxisSet reduced, const T* x, const T* factor, T divisor, T* y) {
  if (shape.size() == 0) {  // an empty sum is 0, however long the other axes are
    std::fill_n(y, reduced_shape(shape, reduced, KeepDims::no).size(), T(0));
    return;
  }
  Walk w = walk(shape, reduced);
  w.run_is_reduced ? sum_rows(w, x, factor, divisor, y) : sum_columns(w, x, factor, divisor, y);
}

}  // namespace

template <class T>
void sum(const Shape& shape, AxisSet reduced, const T* x, T divisor, T* y) {
  sum_terms<T>(shape, reduced, x, nullptr, divisor, y);
}

template <class T>
void sum_of_product(const Shape& shape, AxisSet reduced, const T* a, const T* b, T* y) {
  sum_terms<T>(shape, reduced, a, b, T(1), y);
}

template <class T>
void max(const Shape& shape, AxisSet reduced, const T* x, T* y) {
  if (shape.size() == 0) return;  // nor has y any element, since no reduced axis is empty
  Walk w = walk(shape, reduced);
  const auto larger = [](T a, T b) { return a > b || std::isnan(a) ? a : b; };
  const Index columns = w.run_is_reduced ? 1 : w.run;
  const Index run = w.run_is_reduced ? w.run : 1;
  const Index rows = w.reduced.count(), kept = w.kept.count();
  for (Index k = 0; k < kept; ++k, y += columns) {
    Index first = 0;
    w.kept.take(1, &first);
    for (Index r = 0; r < rows; ++r) {
      Index offset = 0;
      w.reduced.take(1, &offset);
      const T* row = x + first + offset;
      for (Index c = 0; c < columns; ++c) {
        T most = r == 0 ? row[c] : y[c];
        for (Index i = 0; i < run; ++i) most = larger(most, row[c + i]);
        y[c] = most;
      }
    }
  }
}

#define WENGERT_INSTANTIATE(T)                                                 \
  template void sum(const Shape&, AxisSet, const T*, T, T*);                   \
  template void sum_of_product(const Shape&, AxisSet, const T*, const T*, T*); \
  template void max(const Shape&, AxisSet, const T*, T*);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert::kernels
