// SPDX-License-Identifier: MIT
#include <autodiff/kernels/reduce.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <vector>

namespace wengert::kernels {
namespace {

// float32 sums in float64; the wider types in their own precision, pairwise.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, T>;

// x as kept runs of reduced axes, neighbours of one kind merged: its outer axes as offsets, the innermost a
// run.
struct Walk {
  std::vector<Index> kept{0};     // offset of every combination of outer kept axes, in output order
  std::vector<Index> reduced{0};  // offset of every combination of outer reduced axes
  Index run = 1;                  // length of the innermost, contiguous run
  bool run_is_reduced = false;
};

void append_axis(std::vector<Index>& offsets, Index extent, Index stride) {
  std::vector<Index> longer;
  longer.reserve(offsets.size() * static_cast<std::size_t>(extent));
  for (const Index offset : offsets) {
    for (Index i = 0; i < extent; ++i) longer.push_back(offset + i * stride);
  }
  offsets = std::move(longer);
}

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
  Index stride = w.run;
  std::array<Index, Shape::max_rank> strides{};
  for (int outer = axis; outer-- > 0;) {
    strides[static_cast<std::size_t>(outer)] = stride;
    stride *= shape[outer];
  }
  for (int outer = 0; outer < axis; ++outer) {
    append_axis(reduced.contains(outer) ? w.reduced : w.kept, shape[outer],
                strides[static_cast<std::size_t>(outer)]);
  }
  return w;
}

// A sum of many terms as a binary counter: level k holds the sum of 2^k terms, so that terms of equal weight
// meet.
template <class W>
class PairwiseSum {
 public:
  void add(W term) {
    std::uint64_t carry = count_++;
    int level = 0;
    for (; (carry & 1) != 0; carry >>= 1) term += levels_[static_cast<std::size_t>(level++)];
    levels_[static_cast<std::size_t>(level)] = term;
  }
  W total() const {
    W sum = 0;
    for (int level = 0; level < 64; ++level) {
      if ((count_ >> level & 1) != 0) sum += levels_[static_cast<std::size_t>(level)];
    }
    return sum;
  }

 private:
  std::uint64_t count_ = 0;
  std::array<W, 64> levels_{};
};

constexpr Index block = 128;

template <class T>
Wide<T> block_sum(const T* x, Index n) {
  constexpr Index lanes = 8;
  std::array<Wide<T>, lanes> lane{};
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (Index l = 0; l < lanes; ++l) lane[static_cast<std::size_t>(l)] += static_cast<Wide<T>>(x[i + l]);
  }
  for (Index l = 0; i < n; ++i, ++l) lane[static_cast<std::size_t>(l)] += static_cast<Wide<T>>(x[i]);
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

template <class T>
void sum_rows(const Walk& w, const T* x, T divisor, T* y) {
  for (std::size_t k = 0; k < w.kept.size(); ++k) {
    PairwiseSum<Wide<T>> total;
    for (const Index offset : w.reduced) {
      const T* row = x + w.kept[k] + offset;
      for (Index i = 0; i < w.run; i += block) total.add(block_sum(row + i, std::min(block, w.run - i)));
    }
    y[k] = static_cast<T>(total.total() / static_cast<Wide<T>>(divisor));
  }
}

// Columns side by side: the same blocks and the same counter, each term a strip of columns.
template <class T>
void sum_columns(const Walk& w, const T* x, T divisor, T* y) {
  using W = Wide<T>;
  constexpr Index strip = 256;
  constexpr std::size_t rows_a_block = 16;
  std::vector<std::array<W, strip>> levels;
  for (std::size_t k = 0; k < w.kept.size(); ++k) {
    for (Index first = 0; first < w.run; first += strip) {
      const Index width = std::min(strip, w.run - first);
      std::uint64_t count = 0;
      for (std::size_t r = 0; r < w.reduced.size(); r += rows_a_block, ++count) {
        std::array<W, strip> term{};
        for (std::size_t i = r; i < std::min(r + rows_a_block, w.reduced.size()); ++i) {
          const T* row = x + w.kept[k] + w.reduced[i] + first;
          for (Index c = 0; c < width; ++c) term[static_cast<std::size_t>(c)] += static_cast<W>(row[c]);
        }
        std::size_t level = 0;
        for (std::uint64_t carry = count; (carry & 1) != 0; carry >>= 1, ++level) {
          for (std::size_t c = 0; c < strip; ++c) term[c] += levels[level][c];
        }
        if (levels.size() <= level) levels.resize(level + 1);
        levels[level] = term;
      }
      std::array<W, strip> total{};
      for (std::size_t level = 0; level < levels.size(); ++level) {
        if ((count >> level & 1) == 0) continue;
        for (std::size_t c = 0; c < strip; ++c) total[c] += levels[level][c];
      }
      T* out = y + static_cast<Index>(k) * w.run + first;
      for (Index c = 0; c < width; ++c) {
        out[c] = static_cast<T>(total[static_cast<std::size_t>(c)] / static_cast<W>(divisor));
      }
    }
  }
}

}  // namespace

template <class T>
void sum(const Shape& shape, AxisSet reduced, const T* x, T divisor, T* y) {
  if (shape.size() == 0) {  // an empty sum is 0, however long the other axes are
    std::fill_n(y, reduced_shape(shape, reduced, KeepDims::no).size(), T(0));
    return;
  }
  const Walk w = walk(shape, reduced);
  if (w.run_is_reduced) {
    sum_rows(w, x, divisor, y);
  } else {
    sum_columns(w, x, divisor, y);
  }
}

template <class T>
void max(const Shape& shape, AxisSet reduced, const T* x, T* y) {
  const Walk w = walk(shape, reduced);
  const auto larger = [](T a, T b) { return a > b || std::isnan(a) ? a : b; };
  const Index columns = w.run_is_reduced ? 1 : w.run;
  const Index rows = w.run_is_reduced ? w.run : 1;
  for (std::size_t k = 0; k < w.kept.size(); ++k) {
    T* out = y + static_cast<Index>(k) * columns;
    for (std::size_t r = 0; r < w.reduced.size(); ++r) {
      const T* row = x + w.kept[k] + w.reduced[r];
      for (Index c = 0; c < columns; ++c) {
        T most = r == 0 ? row[c] : out[c];
        for (Index i = 0; i < rows; ++i) most = larger(most, row[c + i]);
        out[c] = most;
      }
    }
  }
}

#define WENGERT_INSTANTIATE(T)                               \
  template void sum(const Shape&, AxisSet, const T*, T, T*); \
  template void max(const Shape&, AxisSet, const T*, T*);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert::kernels
