// SPDX-License-Identifier: MIT
// What the loops over rows read and write, for rows of any length and for short ones alike.
#if defined(WENGERT_GROUP_NORM_ROW_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_ROW_LOOPS_INL_H_
#undef WENGERT_GROUP_NORM_ROW_LOOPS_INL_H_
#else
#define WENGERT_GROUP_NORM_ROW_LOOPS_INL_H_
#endif

#include <layers/kernels/batch_norm_columns-inl.h>
#include <layers/kernels/group_norm_row_tile-inl.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// Σ x² alone, as a SumSource: the mean is then taken to be 0.
template <class T>
struct SquareSource {
  const T* x;

  using Element = T;
  struct Terms {
    Vec<T> v;

    HWY_INLINE void add_to(Vec<T>&, Vec<T>& b) const { b = hn::MulAdd(v, v, b); }
  };

  HWY_INLINE Terms terms(Index i, Vec<T>) const { return {hn::LoadU(Vectors<T>(), x + i)}; }
  HWY_INLINE Terms first_terms(Index i, Index n, Vec<T>) const { return {load_first(x + i, n)}; }
  HWY_INLINE Terms last_terms(Index i, Index n, Vec<T>) const { return {load_last(x + i, n)}; }
};

/// The columns of one row after the other: a sample has one row for each group.
struct GroupColumns {
  Index length, padded_length, groups, group;
  Index column;  ///< the first of the row

  GroupColumns(Index row_length, Index n_groups, Index first_row, Index vector)
      : length(row_length),
        padded_length(round_up(row_length, vector)),
        groups(n_groups),
        group(first_row % n_groups),
        column(group * length) {}

  /// The same in records, where each group begins on a vector.
  Index padded() const { return group * padded_length; }
  HWY_INLINE void next() {
    column += length;
    if (++group == groups) group = column = 0;
  }
};

/// What the first sweep of the backward pass keeps for a column: ColumnRecords.
enum GradientField : Index { gamma_field, dgamma_field, dbeta_field, gradient_fields };

/// The rows of x and dy from element `first` on.
template <class T>
struct GradientRows {
  const T *x, *dy;
  Index first, length;
  GroupColumns columns;
  ColumnRecords<T> records;
};

template <class T>
struct RowStatistics {
  Vec<T> hi, inv_std, lo_inv_std;

  HWY_INLINE RowStatistics(T mean_hi, T mean_lo, T inverse)
      : hi(hn::Set(Vectors<T>(), mean_hi)),
        inv_std(hn::Set(Vectors<T>(), inverse)),
        lo_inv_std(hn::Set(Vectors<T>(), mean_lo * inverse)) {}
  HWY_INLINE Vec<T> xhat(Vec<T> centred) const { return hn::MulSub(centred, inv_std, lo_inv_std); }
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
template <class T>
bool rows_are_lines(const T* out, Index length) {
  return length % line_elements<T> == 0 && reinterpret_cast<std::uintptr_t>(out) % 64 == 0;
}

template <class T, bool backward>
HWY_INLINE MapVectors<T, backward> row_coefficients(const ChannelArrays<T>& of_rows, Index row) {
  const Vectors<T> d;
  const auto slope = hn::Set(d, of_rows.slope[row]);
  return {hn::Set(d, of_rows.mean_hi[row]), slope, hn::Set(d, of_rows.offset[row]),
          backward ? hn::Set(d, of_rows.direct[row]) : slope};
}

/// What the second sweep reads and writes; out may be x or dy. Coefficients are those of a row:
///   forward    out = gamma·(slope·(x − mean) + offset) + beta
///   backward   out = direct·gamma·dy + slope·(x − mean) + offset
template <class T, bool backward, bool non_temporal>
struct AffineTarget {
  const T *x, *dy, *gamma, *beta;
  T* out;
  Index ahead;  ///< elements between what is written and what is fetched; 0 for nothing
  Index strip;  ///< columns

  using Coefficients = MapVectors<T, backward>;

  HWY_INLINE void fetch(Index i, Index n) const {
    if (ahead != 0) HWY_NAMESPACE::fetch<T, backward>(x, dy, i + ahead, n);
  }
  // gamma and beta from column j on; backward there is no beta.
  HWY_INLINE Vec<T> scale(Index j) const { return hn::LoadU(Vectors<T>(), gamma + j); }
  HWY_INLINE Vec<T> shift(Index j) const { return hn::LoadU(Vectors<T>(), (backward ? gamma : beta) + j); }

  HWY_INLINE void map(Index i, Vec<T> of_gamma, Vec<T> of_beta, const Coefficients& c) const {
    const Vectors<T> d;
    const auto v = combine(hn::LoadU(d, x + i), hn::LoadU(d, (backward ? dy : x) + i), of_gamma, of_beta, c);
    if constexpr (non_temporal) {
      hn::Stream(v, d, out + i);
    } else {
      hn::StoreU(v, d, out + i);
    }
  }
  // Element i of the tensors, column j.
  HWY_INLINE void map(Index i, Index j, const Coefficients& c) const { map(i, scale(j), shift(j), c); }
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

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
