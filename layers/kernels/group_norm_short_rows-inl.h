// SPDX-License-Identifier: MIT
// The loops of group_norm_rows-inl.h for rows of few whole vectors: a row is then straight code, and with one
// group what belongs to a column stays in registers from row to row.
#if defined(WENGERT_GROUP_NORM_SHORT_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_SHORT_ROWS_INL_H_
#undef WENGERT_GROUP_NORM_SHORT_ROWS_INL_H_
#else
#define WENGERT_GROUP_NORM_SHORT_ROWS_INL_H_
#endif

#include <layers/kernels/group_norm_row_loops-inl.h>
#include <layers/kernels/group_norm_rows-inl.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

template <size_t vectors>
struct ShortRows {
  template <class T, class Source>
  static HWY_INLINE void sum(Source source, Index i, Index length, Index, Index rows, RowTile<T>& tile) {
    const Vectors<T> d;
    const Index step = lanes<T>();
    const T* const pivot = tile.pivot();
    const auto of_row = [&](Index row) HWY_ATTR {
      const auto centre = hn::Set(d, pivot[row]);
      LaneSums<T> sums{hn::Zero(d), hn::Zero(d)};
      for (size_t v = 0; v < vectors; ++v) {
        source.terms(i + row * length + static_cast<Index>(v) * step, centre).add_to(sums.a, sums.b);
      }
      return sums;
    };
    add_up_fours<T>(rows, of_row, tile);
  }

  template <class T>
  static HWY_INLINE void sum_gradients(GradientRows<T> in, Index, Index, Index rows, RowTile<T>& tile) {
    in.columns.groups == 1 ? sum_gradients_of<true>(in, rows, tile) : sum_gradients_of<false>(in, rows, tile);
  }

  template <class T, bool backward, bool non_temporal>
  static HWY_INLINE void map(AffineTarget<T, backward, non_temporal> target, GroupColumns columns, Index i,
                             Index rows, Index fetching, ChannelArrays<T> of_rows) {
    const Index step = lanes<T>(), length = columns.length;
    const bool one_group = columns.groups == 1;
    Vec<T> scale[vectors], shift[vectors];
    const auto load = [&]() HWY_ATTR {
      for (size_t v = 0; v < vectors; ++v) {
        const Index j = columns.column + static_cast<Index>(v) * step;
        scale[v] = target.scale(j), shift[v] = target.shift(j);
      }
    };
    load();
    for (Index row = 0; row < rows; ++row, i += length) {
      if (row < fetching) target.fetch(i, length);
      const auto c = row_coefficients<T, backward>(of_rows, row);
      for (size_t v = 0; v < vectors; ++v) {
        target.map(i + static_cast<Index>(v) * step, scale[v], shift[v], c);
      }
      if (one_group) continue;
      columns.next();
      load();
    }
  }

 private:
  // gamma of a vector of columns, and dgamma and dbeta so far.
  template <class T>
  struct Column {
    Vec<T> gamma, dgamma, dbeta;

    HWY_INLINE void load(const T* record) {
      const Vectors<T> d;
      gamma = hn::Load(d, record + gamma_field * lanes<T>());
      dgamma = hn::Load(d, record + dgamma_field * lanes<T>());
      dbeta = hn::Load(d, record + dbeta_field * lanes<T>());
    }
    HWY_INLINE void store(T* record) const {
      hn::Store(dgamma, Vectors<T>(), record + dgamma_field * lanes<T>());
      hn::Store(dbeta, Vectors<T>(), record + dbeta_field * lanes<T>());
    }
    HWY_INLINE void add(Vec<T> x, Vec<T> dy, const RowStatistics<T>& row, LaneSums<T>& sums) {
      const auto centred = hn::Sub(x, row.hi), g = hn::Mul(gamma, dy);
      sums.a = hn::Add(sums.a, g);
      sums.b = hn::MulAdd(g, centred, sums.b);
      dgamma = hn::MulAdd(dy, row.xhat(centred), dgamma);
      dbeta = hn::Add(dbeta, dy);
    }
  };

  template <bool one_group, class T>
  static HWY_INLINE void sum_gradients_of(GradientRows<T> in, Index rows, RowTile<T>& tile) {
    const Vectors<T> d;
    const Index step = lanes<T>();
    const ChannelArrays<T> s = tile.arrays();
    GroupColumns columns = in.columns;
    Column<T> column[vectors];
    const auto record = [&](size_t v) HWY_ATTR {
      return in.records.at(columns.padded() + static_cast<Index>(v) * step);
    };
    const auto load = [&]() HWY_ATTR {
      for (size_t v = 0; v < vectors; ++v) column[v].load(record(v));
    };
    const auto store = [&]() HWY_ATTR {
      for (size_t v = 0; v < vectors; ++v) column[v].store(record(v));
    };
    if (one_group) load();
    const auto of_row = [&](Index row) HWY_ATTR {
      if (!one_group) load();
      const RowStatistics<T> statistics(s.mean_hi[row], s.mean_lo[row], s.inv_std[row]);
      LaneSums<T> sums{hn::Zero(d), hn::Zero(d)};
      for (size_t v = 0; v < vectors; ++v) {
        const Index i = in.first + row * in.length + static_cast<Index>(v) * step;
        column[v].add(hn::LoadU(d, in.x + i), hn::LoadU(d, in.dy + i), statistics, sums);
      }
      if (!one_group) store(), columns.next();
      return sums;
    };
    add_up_fours<T>(rows, of_row, tile);
    if (one_group) store();
  }
};

/// Calls body with the loops for rows of that length.
template <class T, class Body>
HWY_INLINE void with_rows_of(Index length, Body body) {
  const Index step = lanes<T>();
  if (length == step) return body(ShortRows<1>());
  if (length == 2 * step) return body(ShortRows<2>());
  if (length == 3 * step) return body(ShortRows<3>());
  if (length == 4 * step) return body(ShortRows<4>());
  body(AnyRows());
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
