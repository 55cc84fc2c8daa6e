// SPDX-License-Identifier: MIT
// The loops of layer normalisation over rows of any length, with gamma and beta along them. A row that is no
// whole number of vectors ends in the first lanes of one.
#if defined(WENGERT_GROUP_NORM_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_ROWS_INL_H_
#undef WENGERT_GROUP_NORM_ROWS_INL_H_
#else
#define WENGERT_GROUP_NORM_ROWS_INL_H_
#endif

#include <layers/kernels/group_norm_row_loops-inl.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

struct AnyRows {
  /// Σ and Σ of squares about the pivots, of n elements of each row from x on, rows `length` apart.
  template <class T, class Source>
  static HWY_INLINE void sum(Source source, Index i, Index length, Index n, Index rows, RowTile<T>& tile) {
    const T* const pivot = tile.pivot();
    const auto of_row = [&](Index row) HWY_ATTR {
      return sum_run(source, i + row * length, n, 0, hn::Set(Vectors<T>(), pivot[row]), NoFetch());
    };
    add_up_rows<T>(rows, of_row, tile);
  }

  /// Σ g and Σ g·(x − hi), g = gamma·dy, of n elements from j on of each row; adds dy·xhat and dy to the
  /// records of their columns. One row after the other: the hardware foresees one run of x and one of dy, and
  /// several rows at once, which would save stores to the records, cost twice the time of memory.
  template <class T>
  static HWY_INLINE void sum_gradients(GradientRows<T> in, Index j, Index n, Index rows, RowTile<T>& tile) {
    const ChannelArrays<T> s = tile.arrays();
    GroupColumns columns = in.columns;
    Index i = in.first + j;
    const auto of_row = [&](Index row) HWY_ATTR {
      const RowStatistics<T> statistics(s.mean_hi[row], s.mean_lo[row], s.inv_std[row]);
      const auto sums = sum_row(in.x + i, in.dy + i, n, statistics, in.records.at(columns.padded() + j));
      columns.next();
      i += in.length;
      return sums;
    };
    add_up_rows<T>(rows, of_row, tile);
  }

  /// Writes whole rows. Past the caches go whole lines only: those that a row shares with its neighbours are
  /// written by ordinary stores, since part of a line costs more than it saves.
  template <class T, bool backward, bool non_temporal>
  static HWY_INLINE void map(AffineTarget<T, backward, non_temporal> target, GroupColumns columns, Index i,
                             Index rows, Index fetching, ChannelArrays<T> of_rows) {
    const Index length = columns.length;
    const bool is_whole = !non_temporal || rows_are_lines(target.out, length);
    for (Index row = 0; row < rows; ++row, i += length, columns.next()) {
      const WholeLines lines = is_whole ? WholeLines{0, length} : whole_lines(target.out + i, length);
      map_row(target, i, columns.column, length, lines, row < fetching,
              row_coefficients<T, backward>(of_rows, row));
    }
  }

 private:
  template <class T>
  static HWY_INLINE LaneSums<T> sum_row(const T* x, const T* dy, Index n, const RowStatistics<T>& row,
                                        T* record) {
    const Vectors<T> d;
    const Index step = lanes<T>();
    auto of_g = hn::Zero(d), of_products = of_g;
    const auto add = [&](Vec<T> centred, Vec<T> dy_here) HWY_ATTR {
      const auto g = hn::Mul(hn::Load(d, record + gamma_field * step), dy_here);
      const auto dgamma = hn::Load(d, record + dgamma_field * step);
      const auto dbeta = hn::Load(d, record + dbeta_field * step);
      of_g = hn::Add(of_g, g);
      of_products = hn::MulAdd(g, centred, of_products);
      hn::Store(hn::MulAdd(dy_here, row.xhat(centred), dgamma), d, record + dgamma_field * step);
      hn::Store(hn::Add(dbeta, dy_here), d, record + dbeta_field * step);
      record += gradient_fields * step;
    };
    for (; n >= step; x += step, dy += step, n -= step) {
      add(hn::Sub(hn::LoadU(d, x), row.hi), hn::LoadU(d, dy));
    }
    if (n > 0) {
      add(hn::IfThenElseZero(first_lanes<T>(n), hn::Sub(load_first(x, n), row.hi)), load_first(dy, n));
    }
    return {of_g, of_products};
  }

  template <class T, bool backward, bool non_temporal>
  static HWY_INLINE void map_row(AffineTarget<T, backward, non_temporal> target, Index i, Index column,
                                 Index n, WholeLines lines, bool fetches, const MapVectors<T, backward>& c) {
    const Index step = lanes<T>();
    Index j = lines.begin;
    for (; j + 2 * step <= lines.end; j += 2 * step) {
      if (fetches) target.fetch(i + j, 2 * step);
      target.map(i + j, column + j, c);
      target.map(i + j + step, column + j + step, c);
    }
    for (; j + step <= lines.end; j += step) target.map(i + j, column + j, c);
    for (; j < n; j += step) target.map_first(i + j, column + j, HWY_MIN(step, n - j), c);
    for (j = 0; j < lines.begin; j += step) {
      target.map_first(i + j, column + j, HWY_MIN(step, lines.begin - j), c);
    }
  }
};

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
