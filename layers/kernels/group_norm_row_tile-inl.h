// SPDX-License-Identifier: MIT
// A tile of rows between its two sweeps. See group_norm_plan.h.
#if defined(WENGERT_GROUP_NORM_ROW_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_ROW_TILE_INL_H_
#undef WENGERT_GROUP_NORM_ROW_TILE_INL_H_
#else
#define WENGERT_GROUP_NORM_ROW_TILE_INL_H_
#endif

#include <layers/kernels/batch_norm_channels-inl.h>
#include <layers/kernels/batch_norm_rows-inl.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// What is kept for at most as many rows as a vector has lanes: lane k is that of row k. For the stack.
template <class T>
class RowTile {
 public:
  static constexpr size_t most = hn::MaxLanes(Vectors<T>());

  RowTile() { std::fill_n(gamma_, most, T{1}); }

  /// Of the part that was summed last, in T; and the lanes of those sums.
  HWY_ALIGN T a[most] = {}, b[most] = {};
  HWY_ALIGN T lanes_a[most * most] = {}, lanes_b[most * most] = {};

  HWY_INLINE void put(Index row, const LaneSums<T>& sums) {
    hn::Store(sums.a, Vectors<T>(), lanes_a + row * lanes<T>());
    hn::Store(sums.b, Vectors<T>(), lanes_b + row * lanes<T>());
  }
  /// a and b: what was put for each row, across its lanes.
  HWY_INLINE void add_up(Index rows) {
    hn::Store(sums_of_lanes(lanes_a, rows), Vectors<T>(), a);
    hn::Store(sums_of_lanes(lanes_b, rows), Vectors<T>(), b);
  }

  ChannelSums sums() { return {hi_, lo_, m2_}; }
  ChannelArrays<T> arrays() {
    return {mean_hi_, mean_lo_, var_, inv_std_, gamma_, beta_, dgamma_, dbeta_, slope_, offset_, direct_};
  }
  T* pivot() { return mean_hi_; }

 private:
  HWY_ALIGN double hi_[most] = {}, lo_[most] = {}, m2_[most] = {};
  HWY_ALIGN T mean_hi_[most] = {}, mean_lo_[most] = {}, var_[most] = {}, inv_std_[most] = {}, gamma_[most],
              beta_[most] = {}, dgamma_[most] = {}, dbeta_[most] = {}, slope_[most] = {}, offset_[most] = {},
              direct_[most] = {};
};

/// a and b of the tile are the sums of the lanes that `lanes_of(row)` gives. For rows of so few vectors that
/// storing those would cost as much as summing them: by fours, whose lanes are added in pairs before they are
/// stored.
template <class T, class LanesOf>
HWY_INLINE void add_up_fours(Index rows, LanesOf lanes_of, RowTile<T>& tile) {
  const Vectors<T> d;
  constexpr size_t most = RowTile<T>::most, four = most < 4 ? most : 4;
  if (rows % static_cast<Index>(four) != 0) {
    for (Index row = 0; row < rows; ++row) tile.put(row, lanes_of(row));
    return tile.add_up(rows);
  }
  T *a = tile.lanes_a, *b = tile.lanes_b;
  for (Index row = 0; row < rows; a += lanes<T>(), b += lanes<T>()) {
    LaneSums<T> sums = lanes_of(row++);
    if constexpr (four > 1) sums = add_pairs(sums, lanes_of(row++));
    if constexpr (four > 2) {
      const LaneSums<T> third = lanes_of(row++);
      sums = add_pairs(sums, add_pairs(third, lanes_of(row++)));
    }
    hn::Store(sums.a, d, a);
    hn::Store(sums.b, d, b);
  }
  hn::Store(add_pairs_of<most / four>(tile.lanes_a), d, tile.a);
  hn::Store(add_pairs_of<most / four>(tile.lanes_b), d, tile.b);
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
