// SPDX-License-Identifier: MIT
// A tile of rows between its two sweeps, and the first sweep of the forward pass. See group_norm_plan.h.
#if defined(WENGERT_GROUP_NORM_ROW_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_ROW_TILE_INL_H_
#undef WENGERT_GROUP_NORM_ROW_TILE_INL_H_
#else
#define WENGERT_GROUP_NORM_ROW_TILE_INL_H_
#endif

#include <layers/kernels/batch_norm_channels-inl.h>
#include <layers/kernels/batch_norm_rows-inl.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// What is kept for at most as many rows as a vector has lanes: lane k, or vector k of the lanes of sums, is
/// that of row k. It is meant for the stack.
template <class T>
class RowTile {
 public:
  RowTile() { hn::Store(hn::Set(Vectors<T>(), T{1}), Vectors<T>(), gamma_); }

  ChannelSums sums() { return {hi_, lo_, m2_}; }
  ChannelArrays<T> arrays() {
    return {mean_hi_, mean_lo_, var_, inv_std_, gamma_, beta_, dgamma_, dbeta_, slope_, offset_, direct_};
  }

  HWY_INLINE void put(Index row, const LaneSums<T>& sums) {
    hn::Store(sums.a, Vectors<T>(), lanes_a_ + row * lanes<T>());
    hn::Store(sums.b, Vectors<T>(), lanes_b_ + row * lanes<T>());
  }
  /// The sums of what was put for the first n rows.
  HWY_INLINE LaneSums<T> across_lanes(Index n) const {
    return {sums_of_lanes(lanes_a_, n), sums_of_lanes(lanes_b_, n)};
  }
  HWY_INLINE void across_lanes(Index n, T* a, T* b) const {
    const LaneSums<T> sums = across_lanes(n);
    hn::Store(sums.a, Vectors<T>(), a);
    hn::Store(sums.b, Vectors<T>(), b);
  }

 private:
  static constexpr size_t most = hn::MaxLanes(Vectors<T>());

  HWY_ALIGN double hi_[most] = {}, lo_[most] = {}, m2_[most] = {};
  HWY_ALIGN T mean_hi_[most] = {}, mean_lo_[most] = {}, var_[most] = {}, inv_std_[most] = {}, gamma_[most],
              beta_[most] = {}, dgamma_[most] = {}, dbeta_[most] = {}, slope_[most] = {}, offset_[most] = {},
              direct_[most] = {};
  HWY_ALIGN T lanes_a_[most * most] = {}, lanes_b_[most * most] = {};
};

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

/// The first pivot of each row is the mean of its first few elements: one alone may lie several deviations
/// from the mean. As many as a power of two, so that the mean of equal numbers is that number.
template <class T>
HWY_INLINE void start_pivots(const T* x, Index length, Index rows, RowTile<T>& tile) {
  const Vectors<T> d;
  const Index step = lanes<T>();
  Index n = RowPlan::pivot_elements;
  while (n > length) n /= 2;
  const auto share = hn::Set(d, T{1} / static_cast<T>(n));
  for (Index row = 0; row < rows; ++row, x += length) {
    auto sum = n < step ? hn::Mul(load_first(x, n), share) : hn::Mul(hn::LoadU(d, x), share);
    for (Index j = step; j < n; j += step) sum = hn::MulAdd(hn::LoadU(d, x + j), share, sum);
    tile.put(row, {sum, sum});
  }
  hn::Store(tile.across_lanes(rows).a, d, tile.arrays().mean_hi);
}

/// Σ (x − pivot) and Σ (x − pivot)² of n elements of each row, by lanes.
template <class T, class Source>
HWY_INLINE void sum_lanes(Source source, Index i, Index length, Index n, Index rows, RowTile<T>& tile) {
  const T* const pivot = tile.arrays().mean_hi;
  for (Index row = 0; row < rows; ++row, i += length) {
    tile.put(row, sum_run(source, i, n, 0, hn::Set(Vectors<T>(), pivot[row]), NoFetch()));
  }
}

/// The moments of `rows` rows of x; of_squares: Σ x² in the place of the second, and a mean of 0.
template <class T, bool of_squares>
HWY_INLINE void sum_moments(const T* x, Index length, Index rows, RowTile<T>& tile) {
  const Index longest = RowPlan::tile_vectors * lanes<T>();
  T* const pivot = tile.arrays().mean_hi;
  HWY_ALIGN T a[hn::MaxLanes(Vectors<T>())], b[hn::MaxLanes(Vectors<T>())];
  if constexpr (!of_squares) start_pivots(x, length, rows, tile);
  for (Index done = 0; done < length; done += longest) {
    const Index n = HWY_MIN(longest, length - done);
    const auto sum = [&](auto source) HWY_ATTR {
      sum_lanes(source, done, length, n, rows, tile);
      tile.across_lanes(rows, a, b);
    };
    if constexpr (of_squares) {
      sum(SquareSource<T>{x});
      done == 0 ? put_tile(rows, tile.sums(), a, b) : add_tile(rows, tile.sums(), a, b);
    } else {
      const SumSource<T, false> source{x, nullptr};
      const auto more = static_cast<double>(n);
      sum(source);
      if (done == 0 && move_far_pivots(rows, more, a, b, pivot)) sum(source);
      merge_tile(rows, tile.sums(), static_cast<double>(done), more, a, b, pivot);
    }
  }
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
