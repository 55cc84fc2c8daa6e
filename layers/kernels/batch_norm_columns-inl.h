// SPDX-License-Identifier: MIT
// Tiles of columns: vectors lie across the channels, the coefficients of a column are loaded once for several
// rows.
#if defined(WENGERT_BATCH_NORM_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_COLUMNS_INL_H_
#undef WENGERT_BATCH_NORM_COLUMNS_INL_H_
#else
#define WENGERT_BATCH_NORM_COLUMNS_INL_H_
#endif

#include <layers/kernels/batch_norm_loops-inl.h>
#include <layers/kernels/batch_norm_plan.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// rows x width elements, the first at `begin`, rows `stride` apart.
struct Tile {
  Index begin, rows, width, stride;
};

/// What will be read next, in the order of memory, whatever the order of the strips that are summed or mapped
/// meanwhile: from element `next` to `end`.
struct ReadAhead {
  Index next = 0, end = 0;

  template <class Source>
  HWY_INLINE void fetch(Source source, Index n) {
    if (next >= end) return;
    source.fetch(next, n);
    next += n;
  }
};

/// a[j] += Σ g, b[j] += Σ g·d over the rows of the tile. Four vectors of a row at a time: eight sums in
/// registers hide the latency of an addition. Reads every element once; a and b once for all rows.
template <class T, bool backward>
HWY_INLINE void sum_columns(SumSource<T, backward> source, Tile tile, const T* pivot, T* a, T* b,
                            ReadAhead ahead = {}) {
  const Vectors<T> d;
  const Index step = lanes<T>();
  Index j = 0;
  for (; j + 4 * step <= tile.width; j += 4 * step) {
    const auto p0 = hn::LoadU(d, pivot + j), p1 = hn::LoadU(d, pivot + j + step);
    const auto p2 = hn::LoadU(d, pivot + j + 2 * step), p3 = hn::LoadU(d, pivot + j + 3 * step);
    auto a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    Index i = tile.begin + j;
    for (Index r = 0; r < tile.rows; ++r, i += tile.stride) {
      ahead.fetch(source, 4 * step);
      source.add(i, p0, a0, b0);
      source.add(i + step, p1, a1, b1);
      source.add(i + 2 * step, p2, a2, b2);
      source.add(i + 3 * step, p3, a3, b3);
    }
    const auto add_to = [&](T* sum, Index k, Vec<T> v)
                            HWY_ATTR { hn::StoreU(hn::Add(hn::LoadU(d, sum + k), v), d, sum + k); };
    add_to(a, j, a0), add_to(a, j + step, a1), add_to(a, j + 2 * step, a2), add_to(a, j + 3 * step, a3);
    add_to(b, j, b0), add_to(b, j + step, b1), add_to(b, j + 2 * step, b2), add_to(b, j + 3 * step, b3);
  }
  while (j < tile.width) {
    // The last vector reaches back over columns that are done: its lanes there add nothing.
    const Index n = HWY_MIN(step, tile.width - j);
    const bool is_short = tile.width < step;
    const Index at = is_short ? j : j - (step - n);
    const auto p = hn::LoadU(d, pivot + at);
    auto a0 = hn::LoadU(d, a + at), b0 = hn::LoadU(d, b + at);
    Index i = tile.begin + at;
    for (Index r = 0; r < tile.rows; ++r, i += tile.stride) {
      if (n == step) {
        source.add(i, p, a0, b0);
      } else if (is_short) {
        source.add_short(i, n, p, a0, b0);
      } else {
        source.add_last(i, n, p, a0, b0);
      }
    }
    hn::StoreU(a0, d, a + at);
    hn::StoreU(b0, d, b + at);
    j += n;
  }
}

/// Coefficients of every column.
template <class T>
struct ColumnCoefficients {
  const T *mean, *slope, *offset, *direct;
};

template <class T, bool backward>
HWY_INLINE MapVectors<T, backward> load_coefficients(const ColumnCoefficients<T>& c, Index j) {
  const Vectors<T> d;
  const auto slope = hn::LoadU(d, c.slope + j);
  return {hn::LoadU(d, c.mean + j), slope, hn::LoadU(d, c.offset + j),
          backward ? hn::LoadU(d, c.direct + j) : slope};
}

/// out = slope·(x − mean) + offset [ + direct·dy ] for the rows of the tile, at most
/// ColumnPlan::max_map_rows. Reads every element once and writes it once; coefficients once for all rows.
template <class T, bool backward, bool non_temporal>
HWY_INLINE void map_columns(MapTarget<T, backward, non_temporal> target, Tile tile,
                            ColumnCoefficients<T> coefficients, ReadAhead& ahead) {
  const Vectors<T> d;
  const Index step = lanes<T>();
  if (tile.width < step) {
    const auto c = load_coefficients<T, backward>(coefficients, 0);
    for (Index r = 0; r < tile.rows; ++r) target.map_short(tile.begin + r * tile.stride, tile.width, c);
    return;
  }
  // The last vector of each row overlaps the one before, and out may be an input: computed before either is
  // stored.
  constexpr Index max_rows = ColumnPlan::max_map_rows;
  HWY_ALIGN T last[max_rows * (HWY_MAX_BYTES / sizeof(T))];
  const Index tail = tile.width % step == 0 ? tile.width : tile.width - step;
  if (tail < tile.width) {
    const auto c = load_coefficients<T, backward>(coefficients, tail);
    for (Index r = 0; r < tile.rows; ++r) {
      hn::Store(target.at(tile.begin + r * tile.stride + tail, c), d, last + r * step);
    }
  }
  Index j = 0;
  for (; j + 2 * step <= tile.width; j += 2 * step) {
    const auto c0 = load_coefficients<T, backward>(coefficients, j);
    const auto c1 = load_coefficients<T, backward>(coefficients, j + step);
    Index i = tile.begin + j;
    for (Index r = 0; r < tile.rows; ++r, i += tile.stride) {
      ahead.fetch(target, 2 * step);
      target.map(i, c0);
      target.map(i + step, c1);
    }
  }
  for (; j + step <= tile.width; j += step) {
    const auto c = load_coefficients<T, backward>(coefficients, j);
    for (Index r = 0; r < tile.rows; ++r) target.map(tile.begin + r * tile.stride + j, c);
  }
  if (tail < tile.width) {
    for (Index r = 0; r < tile.rows; ++r) {
      hn::StoreU(hn::Load(d, last + r * step), d, target.out + tile.begin + r * tile.stride + tail);
    }
  }
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
