// SPDX-License-Identifier: MIT
// What is done once a channel: merging sums in float64, and turning them into statistics, gradients and
// coefficients. Vectors lie across the channels; arrays are padded to whole vectors, and what stands in the
// padding reaches no channel.
#if defined(WENGERT_BATCH_NORM_CHANNELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_CHANNELS_INL_H_
#undef WENGERT_BATCH_NORM_CHANNELS_INL_H_
#else
#define WENGERT_BATCH_NORM_CHANNELS_INL_H_
#endif

#include <autodiff/shape.h>
#include <hwy/highway.h>

#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<double>;
using WideVec = hn::Vec<Wide>;

HWY_INLINE Index wide_lanes() { return static_cast<Index>(hn::Lanes(Wide())); }

HWY_INLINE WideVec load_wide(const double* p) { return hn::LoadU(Wide(), p); }
HWY_INLINE WideVec load_wide(const float* p) {
  return hn::PromoteTo(Wide(), hn::LoadU(hn::Rebind<float, Wide>(), p));
}
HWY_INLINE void store_narrow(WideVec v, double* p) { hn::StoreU(v, Wide(), p); }
HWY_INLINE void store_narrow(WideVec v, float* p) {
  const hn::Rebind<float, Wide> narrow;
  hn::StoreU(hn::DemoteTo(narrow, v), narrow, p);
}

/// Forward, the sums of a channel so far: mean = hi + lo, where hi alone would round a float64 mean, and
/// m2 = Σ (x − mean)². Backward: hi = Σ dy and m2 = Σ dy·(x − mean_hi).
struct ChannelSums {
  double *hi, *lo, *m2;

  ChannelSums operator+(Index c) const { return {hi + c, lo + c, m2 + c}; }
};

/// mean = hi + lo, hi rounded.
HWY_INLINE void store_mean(ChannelSums sums, Index c, WideVec hi, WideVec lo) {
  const Wide d;
  const auto sum = hn::Add(hi, lo);
  hn::StoreU(sum, d, sums.hi + c);
  hn::StoreU(hn::Sub(lo, hn::Sub(sum, hi)), d, sums.lo + c);
}

/// Chan's merge of two sets, `n` elements about mean hi + lo with `n_more` about mean hi + lo + delta.
HWY_INLINE void merge_moments(ChannelSums sums, Index c, double n, double n_more, WideVec delta,
                              WideVec m2_more) {
  const Wide d;
  const double weight = n_more / (n + n_more);
  store_mean(sums, c, hn::LoadU(d, sums.hi + c),
             hn::MulAdd(delta, hn::Set(d, weight), hn::LoadU(d, sums.lo + c)));
  const auto between = hn::Mul(hn::Mul(delta, delta), hn::Set(d, n * weight));
  hn::StoreU(hn::Add(hn::Add(hn::LoadU(d, sums.m2 + c), m2_more), between), d, sums.m2 + c);
}

/// Adds a tile of n_more elements a channel, a = Σ (x − pivot), b = Σ (x − pivot)², to the n elements in
/// sums, which are written and not read where n is 0, and makes the new mean the pivot of the next tile.
/// b − a²/n loses at most a bit of what sums hold after the merge: the pivot is the mean of n ≥ n_more
/// elements before, so what a tile far from it cancels comes back as `between`; or move_far_pivots() saw to
/// it.
template <class T, class Sum>
HWY_INLINE void merge_tile(Index channels, ChannelSums sums, double n, double n_more, const Sum* a,
                           const Sum* b, T* pivot) {
  const Wide d;
  const auto inverse = hn::Set(d, 1 / n_more);
  for (Index c = 0; c < channels; c += wide_lanes()) {
    const auto p = load_wide(pivot + c), sum = load_wide(a + c);
    const auto offset = hn::Mul(sum, inverse);
    const auto m2 = hn::NegMulAdd(sum, offset, load_wide(b + c));
    if (n == 0) {
      store_mean(sums, c, p, offset);
      hn::StoreU(m2, d, sums.m2 + c);
    } else {
      const auto delta =
          hn::Add(hn::Sub(p, hn::LoadU(d, sums.hi + c)), hn::Sub(offset, hn::LoadU(d, sums.lo + c)));
      merge_moments(sums, c, n, n_more, delta, m2);
    }
    store_narrow(hn::LoadU(d, sums.hi + c), pivot + c);
  }
}

template <class Sum>
HWY_INLINE void add_tile(Index channels, ChannelSums sums, const Sum* a, const Sum* b) {
  const Wide d;
  for (Index c = 0; c < channels; c += wide_lanes()) {
    hn::StoreU(hn::Add(hn::LoadU(d, sums.hi + c), load_wide(a + c)), d, sums.hi + c);
    hn::StoreU(hn::Add(hn::LoadU(d, sums.m2 + c), load_wide(b + c)), d, sums.m2 + c);
  }
}

/// The same where `sums` hold nothing yet.
template <class Sum>
HWY_INLINE void put_tile(Index channels, ChannelSums sums, const Sum* a, const Sum* b) {
  const Wide d;
  for (Index c = 0; c < channels; c += wide_lanes()) {
    hn::StoreU(load_wide(a + c), d, sums.hi + c);
    hn::StoreU(load_wide(b + c), d, sums.m2 + c);
  }
}

/// Adds the n_more elements in `more` to the n in `sums`.
template <bool backward>
HWY_INLINE void merge_chunk(Index channels, ChannelSums sums, double n, ChannelSums more, double n_more) {
  const Wide d;
  if constexpr (backward) {
    add_tile(channels, sums, more.hi, more.m2);
  } else {
    for (Index c = 0; c < channels; c += wide_lanes()) {
      const auto delta = hn::Add(hn::Sub(hn::LoadU(d, more.hi + c), hn::LoadU(d, sums.hi + c)),
                                 hn::Sub(hn::LoadU(d, more.lo + c), hn::LoadU(d, sums.lo + c)));
      merge_moments(sums, c, n, n_more, delta, hn::LoadU(d, more.m2 + c));
    }
  }
}

/// pivot += a / n: from the first element of a channel to the mean of its first n.
template <class T, class Sum>
HWY_INLINE void move_pivot(Index channels, double n, const Sum* a, T* pivot) {
  const Wide d;
  const auto inverse = hn::Set(d, 1 / n);
  for (Index c = 0; c < channels; c += wide_lanes()) {
    store_narrow(hn::MulAdd(load_wide(a + c), inverse, load_wide(pivot + c)), pivot + c);
  }
}

/// The same for those channels where b − a²/n would cancel more than two bits; whether there are any, and the
/// tile has to be summed again. The others keep their pivots and with them their bits, whatever channels the
/// machine made their neighbours.
template <class T, class Sum>
HWY_INLINE bool move_far_pivots(Index channels, double n, const Sum* a, const Sum* b, T* pivot) {
  const Wide d;
  const auto inverse = hn::Set(d, 1 / n), most = hn::Set(d, 0.75);
  bool moved = false;
  for (Index c = 0; c < channels; c += wide_lanes()) {
    const auto sum = load_wide(a + c);
    const auto between = hn::Mul(hn::Mul(sum, sum), inverse);
    const auto is_far = hn::And(hn::Gt(between, hn::Mul(most, load_wide(b + c))),
                                hn::FirstN(d, static_cast<size_t>(channels - c)));
    if (hn::AllFalse(d, is_far)) continue;
    const auto p = load_wide(pivot + c);
    store_narrow(hn::IfThenElse(is_far, hn::MulAdd(sum, inverse, p), p), pivot + c);
    moved = true;
  }
  return moved;
}

/// The statistics, gradients and coefficients of every channel, padded.
template <class T>
struct ChannelArrays {
  T *mean_hi, *mean_lo, *var,
      *inv_std;                // forward: written; backward: read, without var
  T *gamma, *beta;             // read
  T *dgamma, *dbeta;           // backward: written
  T *slope, *offset, *direct;  // written; direct in the backward pass only
};

template <class T>
HWY_INLINE void finish_forward(Index channels, ChannelSums sums, double count, T eps,
                               const ChannelArrays<T>& out) {
  const Wide d;
  const hn::Rebind<T, Wide> narrow;
  for (Index c = 0; c < channels; c += wide_lanes()) {
    const auto hi = hn::LoadU(d, sums.hi + c);
    store_narrow(hi, out.mean_hi + c);
    const auto rest = hn::Add(hn::Sub(hi, load_wide(out.mean_hi + c)), hn::LoadU(d, sums.lo + c));
    store_narrow(rest, out.mean_lo + c);
    auto var = hn::Mul(hn::LoadU(d, sums.m2 + c), hn::Set(d, 1 / count));
    var = hn::IfThenZeroElse(hn::Lt(var, hn::Zero(d)),
                             var);  // of rounding; a NaN stays
    store_narrow(var, out.var + c);
    store_narrow(hn::Add(var, hn::Set(d, static_cast<double>(eps))), out.inv_std + c);
    const auto inv_std = hn::Div(hn::Set(narrow, T{1}), hn::Sqrt(hn::LoadU(narrow, out.inv_std + c)));
    hn::StoreU(inv_std, narrow, out.inv_std + c);
    const auto slope = hn::Mul(inv_std, hn::LoadU(narrow, out.gamma + c));
    hn::StoreU(slope, narrow, out.slope + c);
    const auto lo = hn::LoadU(narrow, out.mean_lo + c);
    hn::StoreU(hn::NegMulAdd(lo, slope, hn::LoadU(narrow, out.beta + c)), narrow, out.offset + c);
  }
}

template <class T>
HWY_INLINE void finish_backward(Index channels, ChannelSums sums, double count, const ChannelArrays<T>& out) {
  const Wide d;
  const auto inverse = hn::Set(d, 1 / count);
  for (Index c = 0; c < channels; c += wide_lanes()) {
    const auto sum_dy = hn::LoadU(d, sums.hi + c);
    const auto lo = load_wide(out.mean_lo + c), inv_std = load_wide(out.inv_std + c);
    const auto centred = hn::NegMulAdd(lo, sum_dy, hn::LoadU(d, sums.m2 + c));
    store_narrow(sum_dy, out.dbeta + c);
    const auto dgamma = hn::Mul(centred, inv_std);
    store_narrow(dgamma, out.dgamma + c);

    // The others are made from direct as rounded, so that a common factor of dx is off, and not their
    // difference.
    store_narrow(hn::Mul(inv_std, load_wide(out.gamma + c)), out.direct + c);
    const auto direct = load_wide(out.direct + c);
    const auto scale = hn::Neg(hn::Mul(direct, inverse));
    const auto slope = hn::Mul(hn::Mul(scale, inv_std), dgamma);
    store_narrow(slope, out.slope + c);
    store_narrow(hn::NegMulAdd(slope, lo, hn::Mul(scale, sum_dy)), out.offset + c);
  }
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
