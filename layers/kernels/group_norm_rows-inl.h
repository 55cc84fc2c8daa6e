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
  /// Σ (x − pivot) and Σ (x − pivot)² of n elements of each row, of the first one from element i on.
  template <class T, class Source>
  static HWY_INLINE void sum(Source source, Index i, Index length, Index n, Index rows, RowTile<T>& tile) {
    const T* const pivot = tile.pivot();
    for (Index row = 0; row < rows; ++row, i += length) {
      tile.put(row, sum_run(source, i, n, 0, hn::Set(Vectors<T>(), pivot[row]), NoFetch()));
    }
    tile.add_up(rows);
  }

  /// Σ g and Σ g·(x − hi), g = gamma·dy, of n elements from j on of each row; adds dy·xhat and dy to the
  /// records of their columns.
  template <class T>
  static HWY_INLINE void sum_gradients(GradientRows<T> in, Index j, Index n, Index rows, RowTile<T>& tile) {
    const ChannelArrays<T> s = tile.arrays();
    GroupColumns columns = in.columns;
    Index row = 0, i = in.first + j;
    if (columns.groups == 1) {  // the rows lie over each other
      for (; row + 4 <= rows && n < in.length; row += 4, i += 4 * in.length) {
        sum_at_once<4>(in, i, n, row, s, in.records.at(j), tile);
      }
      for (; row + 2 <= rows; row += 2, i += 2 * in.length) {
        sum_at_once<2>(in, i, n, row, s, in.records.at(j), tile);
      }
    }
    for (; row < rows; ++row, i += in.length, columns.next()) {
      sum_at_once<1>(in, i, n, row, s, in.records.at(columns.padded() + j), tile);
    }
    tile.add_up(rows);
  }

  /// Writes whole rows, those longer than a strip by strips: gamma and beta are then in L1 for all rows. Past
  /// the caches go whole lines only: those that a row or strip shares with the next are written by
  /// ordinary stores, since part of a line costs more than it saves.
  template <class T, bool backward, bool non_temporal>
  static HWY_INLINE void map(AffineTarget<T, backward, non_temporal> target, GroupColumns columns,
                             Index first, Index rows, Index fetching, ChannelArrays<T> of_rows) {
    const Index length = columns.length, strip = target.strip;
    const bool is_whole = !non_temporal || rows_are_lines(target.out, length);
    for (Index j = 0; j < length; j += strip) {
      const Index n = HWY_MIN(strip, length - j);
      GroupColumns here = columns;
      for (Index row = 0, i = first + j; row < rows; ++row, i += length, here.next()) {
        const WholeLines lines = is_whole ? WholeLines{0, n} : whole_lines(target.out + i, n);
        map_row(target, i, here.column + j, n, lines, row < fetching,
                row_coefficients<T, backward>(of_rows, row));
      }
    }
  }

 private:
  // Of rows `row` on, which lie over the same columns, from element i on.
  template <size_t rows, class T>
  static HWY_INLINE void sum_at_once(const GradientRows<T>& in, Index i, Index n, Index row,
                                     const ChannelArrays<T>& s, T* record, RowTile<T>& tile) {
    const Vectors<T> d;
    const Index step = lanes<T>(), length = in.length;
    Vec<T> hi[rows], inv_std[rows], lo_inv_std[rows], of_g[rows], of_products[rows];
    for (size_t k = 0; k < rows; ++k) {
      const Index at = row + static_cast<Index>(k);
      hi[k] = hn::Set(d, s.mean_hi[at]), inv_std[k] = hn::Set(d, s.inv_std[at]);
      lo_inv_std[k] = hn::Set(d, s.mean_lo[at] * s.inv_std[at]);
      of_g[k] = of_products[k] = hn::Zero(d);
    }
    const T *x = in.x + i, *dy = in.dy + i;
    const auto add = [&](auto load_centred, auto load_dy) HWY_ATTR {
      const auto gamma = hn::Load(d, record + gamma_field * step);
      auto dgamma = hn::Load(d, record + dgamma_field * step);
      auto dbeta = hn::Load(d, record + dbeta_field * step);
      for (size_t k = 0; k < rows; ++k) {
        const Index of_row = static_cast<Index>(k) * length;
        const auto centred = load_centred(x + of_row, hi[k]), here = load_dy(dy + of_row);
        const auto g = hn::Mul(gamma, here);
        of_g[k] = hn::Add(of_g[k], g);
        of_products[k] = hn::MulAdd(g, centred, of_products[k]);
        dgamma = hn::MulAdd(here, hn::MulSub(centred, inv_std[k], lo_inv_std[k]), dgamma);
        dbeta = hn::Add(dbeta, here);
      }
      hn::Store(dgamma, d, record + dgamma_field * step);
      hn::Store(dbeta, d, record + dbeta_field * step);
      record += gradient_fields * step;
    };
    for (; n >= step; x += step, dy += step, n -= step) {
      add([&](const T* p, Vec<T> m) HWY_ATTR { return hn::Sub(hn::LoadU(d, p), m); },
          [&](const T* p) HWY_ATTR { return hn::LoadU(d, p); });
    }
    if (n > 0) {
      add([&](const T* p, Vec<T> m)
              HWY_ATTR { return hn::IfThenElseZero(first_lanes<T>(n), hn::Sub(load_first(p, n), m)); },
          [&](const T* p) HWY_ATTR { return load_first(p, n); });
    }
    for (size_t k = 0; k < rows; ++k) tile.put(row + static_cast<Index>(k), {of_g[k], of_products[k]});
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
