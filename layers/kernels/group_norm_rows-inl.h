// SPDX-License-Identifier: MIT
// The two loops of layer normalisation: rows of memory with gamma and beta along them. A row that is no whole
// number of vectors ends in the first lanes of one.
#if defined(WENGERT_GROUP_NORM_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_ROWS_INL_H_
#undef WENGERT_GROUP_NORM_ROWS_INL_H_
#else
#define WENGERT_GROUP_NORM_ROWS_INL_H_
#endif

#include <layers/kernels/batch_norm_channels-inl.h>
#include <layers/kernels/batch_norm_columns-inl.h>
#include <layers/kernels/batch_norm_rows-inl.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// What the first sweep of the backward pass keeps for a column: ColumnRecords.
enum GradientField : Index { gamma_field, dgamma_field, dbeta_field, gradient_fields };

template <class T>
struct RowStatistics {
  T hi, lo, inv_std;
};

/// Adds dy·xhat and dy of n elements to the records of their columns; returns Σ g and Σ g·(x − hi),
/// g = gamma·dy. One row after the other: the hardware foresees one run of x and one of dy, and several rows
/// at once, which would save stores to the records, cost twice the time of memory.
template <class T>
HWY_INLINE LaneSums<T> sum_gradients(const T* x, const T* dy, Index n, RowStatistics<T> row, T* record) {
  const Vectors<T> d;
  const Index step = lanes<T>();
  const auto hi = hn::Set(d, row.hi), inv_std = hn::Set(d, row.inv_std);
  const auto lo_inv_std = hn::Set(d, row.lo * row.inv_std);
  LaneSums<T> sums{hn::Zero(d), hn::Zero(d)};
  const auto add = [&](Vec<T> centred, Vec<T> dy_here) HWY_ATTR {
    const auto xhat = hn::MulSub(centred, inv_std, lo_inv_std);
    const auto g = hn::Mul(hn::Load(d, record + gamma_field * step), dy_here);
    const auto dgamma = hn::Load(d, record + dgamma_field * step);
    const auto dbeta = hn::Load(d, record + dbeta_field * step);
    sums.a = hn::Add(sums.a, g);
    sums.b = hn::MulAdd(g, centred, sums.b);
    hn::Store(hn::MulAdd(dy_here, xhat, dgamma), d, record + dgamma_field * step);
    hn::Store(hn::Add(dbeta, dy_here), d, record + dbeta_field * step);
    record += gradient_fields * step;
  };
  for (; n >= step; x += step, dy += step, n -= step) {
    add(hn::Sub(hn::LoadU(d, x), hi), hn::LoadU(d, dy));
  }
  if (n > 0) add(hn::IfThenElseZero(first_lanes<T>(n), hn::Sub(load_first(x, n), hi)), load_first(dy, n));
  return sums;
}

/// What the second sweep reads and writes; out may be x or dy. Coefficients are those of a row:
///   forward    out = gamma·(slope·(x − mean) + offset) + beta
///   backward   out = direct·gamma·dy + slope·(x − mean) + offset
template <class T, bool backward, bool non_temporal>
struct AffineTarget {
  const T *x, *dy, *gamma, *beta;
  T* out;
  Index ahead;  ///< elements between what is written and what is fetched; 0 for nothing

  using Coefficients = MapVectors<T, backward>;

  HWY_INLINE void fetch(Index i, Index n) const {
    if (ahead != 0) HWY_NAMESPACE::fetch<T, backward>(x, dy, i + ahead, n);
  }
  // Element i of the tensors, j of the row.
  HWY_INLINE void map(Index i, Index j, const Coefficients& c) const {
    const Vectors<T> d;
    const auto v = combine(hn::LoadU(d, x + i), hn::LoadU(d, (backward ? dy : x) + i),
                           hn::LoadU(d, gamma + j), hn::LoadU(d, (backward ? gamma : beta) + j), c);
    if constexpr (non_temporal) {
      hn::Stream(v, d, out + i);
    } else {
      hn::StoreU(v, d, out + i);
    }
  }
  // The first n elements from there on, by ordinary stores.
  HWY_INLINE void map_first(Index i, Index j, Index n, const Coefficients& c) const {
    const auto v = combine(load_first(x + i, n), load_first((backward ? dy : x) + i, n),
                           load_first(gamma + j, n), load_first((backward ? gamma : beta) + j, n), c);
    if constexpr (non_temporal) {
      copy_first(v, out + i, n);
    } else {
      store_first(v, out + i, n);
    }
  }

 private:
  static HWY_INLINE Vec<T> combine(Vec<T> v, Vec<T> cotangent, Vec<T> scale, Vec<T> shift,
                                   const Coefficients& c) {
    const Vec<T> linear = hn::MulAdd(c.slope, hn::Sub(v, c.mean), c.offset);
    return backward ? hn::MulAdd(c.direct, hn::Mul(scale, cotangent), linear)
                    : hn::MulAdd(scale, linear, shift);
  }
};

/// Elements of a cache line.
template <class T>
inline constexpr Index line_elements = 64 / static_cast<Index>(sizeof(T));

/// Elements of a row from `out` on before its first whole line, and up to the end of its last one.
struct WholeLines {
  Index begin, end;
};
template <class T>
HWY_INLINE WholeLines whole_lines(const T* out, Index n) {
  constexpr Index line = line_elements<T>;
  const auto begin = static_cast<Index>(reinterpret_cast<std::uintptr_t>(out) / sizeof(T));
  const Index head = HWY_MIN(n, (line - begin % line) % line);
  return {head, head + (n - head) / line * line};
}

/// Writes the n elements of the row that starts at i. Past the caches go whole lines only: those that a row
/// shares with its neighbours are written by ordinary stores, since part of a line costs more than it saves.
template <class T, bool backward, bool non_temporal>
HWY_INLINE void map_affine_row(const AffineTarget<T, backward, non_temporal>& target, Index i, Index n,
                               WholeLines lines, const MapVectors<T, backward>& c) {
  const Index step = lanes<T>();
  Index j = lines.begin;
  for (; j + 2 * step <= lines.end; j += 2 * step) {
    target.fetch(i + j, 2 * step);
    target.map(i + j, j, c);
    target.map(i + j + step, j + step, c);
  }
  for (; j + step <= lines.end; j += step) target.map(i + j, j, c);
  for (; j < n; j += step) target.map_first(i + j, j, HWY_MIN(step, n - j), c);
  for (j = 0; j < lines.begin; j += step) target.map_first(i + j, j, HWY_MIN(step, lines.begin - j), c);
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
