// SPDX-License-Identifier: MIT
// The two loops of layer normalisation: rows of memory with gamma and beta along them. How a run ends that is
// no whole number of vectors: see batch_norm_loops-inl.h.
#if defined(WENGERT_GROUP_NORM_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_ROWS_INL_H_
#undef WENGERT_GROUP_NORM_ROWS_INL_H_
#else
#define WENGERT_GROUP_NORM_ROWS_INL_H_
#endif

#include <layers/kernels/batch_norm_loops-inl.h>
#include <layers/kernels/batch_norm_rows-inl.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// Rows that one load of gamma, dgamma and dbeta serves: as many as the registers hold.
inline constexpr size_t rows_at_once = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

/// What the first sweep of the backward pass reads, and the two sums it has for every column.
template <class T>
struct RowSource {
  const T *x, *dy, *gamma;
  T *dgamma, *dbeta;  // Σ dy·xhat, Σ dy
};

/// The statistics of `rows_at_once` rows or fewer, and their sums Σ g and Σ g·(x − hi), g = gamma·dy.
template <class T>
struct RowSums {
  T hi[rows_at_once], lo[rows_at_once], inv_std[rows_at_once];
  double g[rows_at_once], g_centred[rows_at_once];
};

/// Adds columns [j, j + n) of `rows` rows: row r of x and dy starts at r·stride. `source` comes by value: its
/// pointers then stay in registers, whatever the stores may alias.
template <size_t rows, class T>
HWY_INLINE void sum_gradient_tile(RowSource<T> source, Index stride, Index j, Index n, RowSums<T>& sums) {
  const Vectors<T> d;
  const Index step = lanes<T>();
  Vec<T> hi[rows], inv_std[rows], lo_inv_std[rows], g[rows], g_centred[rows];
  for (size_t r = 0; r < rows; ++r) {
    hi[r] = hn::Set(d, sums.hi[r]);
    inv_std[r] = hn::Set(d, sums.inv_std[r]);
    lo_inv_std[r] = hn::Set(d, sums.lo[r] * sums.inv_std[r]);
    g[r] = g_centred[r] = hn::Zero(d);
  }
  const auto add = [&](Index at, Vec<T> gamma, auto load) HWY_ATTR {
    auto dgamma = hn::LoadU(d, source.dgamma + at), dbeta = hn::LoadU(d, source.dbeta + at);
    for (size_t r = 0; r < rows; ++r) {
      const auto [centred, dy] = load(static_cast<Index>(r) * stride + at, hi[r]);
      const auto product = hn::Mul(dy, centred);
      g[r] = hn::MulAdd(gamma, dy, g[r]);
      g_centred[r] = hn::MulAdd(gamma, product, g_centred[r]);
      dgamma = hn::NegMulAdd(dy, lo_inv_std[r], hn::MulAdd(product, inv_std[r], dgamma));
      dbeta = hn::Add(dbeta, dy);
    }
    hn::StoreU(dgamma, d, source.dgamma + at);
    hn::StoreU(dbeta, d, source.dbeta + at);
  };
  struct Pair {
    Vec<T> centred, dy;
  };
  const Index end = j + n;
  for (; j + step <= end; j += step) {
    add(j, hn::LoadU(d, source.gamma + j), [&](Index i, Vec<T> mean) HWY_ATTR {
      return Pair{hn::Sub(hn::LoadU(d, source.x + i), mean), hn::LoadU(d, source.dy + i)};
    });
  }
  if (const Index rest = end - j; rest > 0) {
    // What stands beyond may be the next group's: nothing times a NaN of this one must not reach it.
    const auto taken = first_lanes<T>(rest);
    for (size_t r = 0; r < rows; ++r) {
      inv_std[r] = hn::IfThenElseZero(taken, inv_std[r]);
      lo_inv_std[r] = hn::IfThenElseZero(taken, lo_inv_std[r]);
    }
    add(j, load_first(source.gamma + j, rest), [&](Index i, Vec<T> mean) HWY_ATTR {
      return Pair{hn::IfThenElseZero(taken, hn::Sub(load_first(source.x + i, rest), mean)),
                  load_first(source.dy + i, rest)};
    });
  }
  for (size_t r = 0; r < rows; ++r) {
    sums.g[r] += static_cast<double>(sum_of_lanes<T>(g[r]));
    sums.g_centred[r] += static_cast<double>(sum_of_lanes<T>(g_centred[r]));
  }
}

/// What the second sweep reads and writes; out may be x or dy. Coefficients are those of a row:
///   forward    out = gamma·(slope·(x − mean) + offset) + beta
///   backward   out = direct·gamma·dy + slope·(x − mean) + offset
template <class T, bool backward, bool non_temporal>
struct AffineTarget {
  const T *x, *dy, *gamma, *beta;
  T* out;

  using Coefficients = MapVectors<T, backward>;

  // Element i of the tensors, j of the row.
  HWY_INLINE Vec<T> at(Index i, Index j, const Coefficients& c) const {
    const Vectors<T> d;
    return combine(hn::LoadU(d, x + i), hn::LoadU(d, (backward ? dy : x) + i), hn::LoadU(d, gamma + j),
                   hn::LoadU(d, (backward ? gamma : beta) + j), c);
  }
  HWY_INLINE void store(Vec<T> v, Index i) const {
    if constexpr (non_temporal) {
      hn::Stream(v, Vectors<T>(), out + i);
    } else {
      hn::StoreU(v, Vectors<T>(), out + i);
    }
  }
  HWY_INLINE void map_first(Index i, Index n, const Coefficients& c) const {
    store_first(combine(load_first(x + i, n), load_first((backward ? dy : x) + i, n), load_first(gamma, n),
                        load_first(backward ? gamma : beta, n), c),
                out + i, n);
  }

 private:
  static HWY_INLINE Vec<T> combine(Vec<T> v, Vec<T> cotangent, Vec<T> scale, Vec<T> shift,
                                   const Coefficients& c) {
    const Vec<T> linear = hn::MulAdd(c.slope, hn::Sub(v, c.mean), c.offset);
    return backward ? hn::MulAdd(c.direct, hn::Mul(scale, cotangent), linear)
                    : hn::MulAdd(scale, linear, shift);
  }
};

/// Writes the n elements of the row that starts at i.
template <class T, bool backward, bool non_temporal>
HWY_INLINE void map_affine_row(const AffineTarget<T, backward, non_temporal>& target, Index i, Index n,
                               const MapVectors<T, backward>& c) {
  const Index step = lanes<T>();
  if (n < step) {
    target.map_first(i, n, c);
    return;
  }
  // It overlaps the vector before, and out may be an input: computed before either is stored.
  const Index last = n - step;
  const auto last_value = target.at(i + last, last, c);
  Index j = 0;
  for (; j + 2 * step <= last; j += 2 * step) {
    const auto first = target.at(i + j, j, c), second = target.at(i + j + step, j + step, c);
    target.store(first, i + j);
    target.store(second, i + j + step);
  }
  for (; j < last; j += step) target.store(target.at(i + j, j, c), i + j);
  target.store(last_value, i + last);
}

/// Elements of a cache line.
template <class T>
inline constexpr Index line_elements = 64 / static_cast<Index>(sizeof(T));

/// The same past the caches. The lines that a row shares with its neighbours are written by ordinary stores:
/// part of a line costs more than it saves. n is at least 4 lines, or the row begins and ends with one.
template <class T, bool backward>
HWY_INLINE void stream_affine_row(const AffineTarget<T, backward, true>& target, Index i, Index n,
                                  const MapVectors<T, backward>& c) {
  const Vectors<T> d;
  constexpr Index line = line_elements<T>;
  const Index step = lanes<T>();
  const auto begin = static_cast<Index>(reinterpret_cast<std::uintptr_t>(target.out + i) / sizeof(T));
  const Index head = (line - begin % line) % line;
  const Index tail = (n - head) % line, padded_tail = (tail + step - 1) / step * step;
  // out may be an input: computed before anything is stored.
  HWY_ALIGN T first[static_cast<size_t>(line) + HWY_MAX_BYTES / sizeof(T)];
  HWY_ALIGN T last[static_cast<size_t>(line) + HWY_MAX_BYTES / sizeof(T)];
  for (Index j = 0; j < head; j += step) hn::Store(target.at(i + j, j, c), d, first + j);
  for (Index k = 0; k < padded_tail; k += step) {
    const Index j = n - padded_tail + k;
    hn::Store(target.at(i + j, j, c), d, last + k);
  }
  for (Index j = head; j < n - tail; j += step) target.store(target.at(i + j, j, c), i + j);
  std::memcpy(target.out + i, first, static_cast<size_t>(head) * sizeof(T));
  std::memcpy(target.out + i + n - tail, last + (padded_tail - tail), static_cast<size_t>(tail) * sizeof(T));
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
