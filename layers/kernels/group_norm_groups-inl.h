// SPDX-License-Identifier: MIT
// From channels to their groups and back, between the two sweeps over a sample. Groups follow each other,
// `size` channels each. Vectors lie across the channels; arrays are padded as those of a Block.
#if defined(WENGERT_GROUP_NORM_GROUPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_GROUPS_INL_H_
#undef WENGERT_GROUP_NORM_GROUPS_INL_H_
#else
#define WENGERT_GROUP_NORM_GROUPS_INL_H_
#endif

#include <layers/kernels/batch_norm_channels-inl.h>
#include <layers/kernels/batch_norm_loops-inl.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// A value of each group, for each of its channels.
template <class T>
HWY_INLINE void spread(const T* groups, Index n_groups, Index size, T* channels) {
  const Vectors<T> d;
  if (size == 1) {
    std::memcpy(channels, groups, static_cast<size_t>(n_groups) * sizeof(T));
    return;
  }
  for (Index g = 0; g < n_groups; ++g, channels += size) {
    const auto value = hn::Set(d, groups[g]);
    for (Index c = 0; c < size; c += lanes<T>()) hn::StoreU(value, d, channels + c);
  }
}

HWY_INLINE void copy_sums(const double* from, Index n, double* to) {
  std::memcpy(to, from, static_cast<size_t>(n) * sizeof(double));
}

/// The statistics of `count` elements a channel, merged into those of the groups: the mean of a group is the
/// mean of the means.
HWY_INLINE void merge_moments_of_groups(ChannelSums c, Index n_groups, Index size, double count,
                                        ChannelSums groups) {
  if (size == 1) {
    copy_sums(c.hi, n_groups, groups.hi), copy_sums(c.lo, n_groups, groups.lo);
    copy_sums(c.m2, n_groups, groups.m2);
    return;
  }
  const double inverse = 1 / static_cast<double>(size);
  for (Index g = 0; g < n_groups; ++g, c = c + size) {
    const double first_hi = c.hi[0], first_lo = c.lo[0];
    const auto from_first = [=](Index i) { return (c.hi[i] - first_hi) + (c.lo[i] - first_lo); };
    double offset = 0;
    for (Index i = 1; i < size; ++i) offset += from_first(i) * inverse;
    double m2 = 0, between = 0;
    for (Index i = 0; i < size; ++i) {
      const double delta = from_first(i) - offset;
      m2 += c.m2[i];
      between += delta * delta;
    }
    const double lo = first_lo + offset, hi = first_hi + lo;
    groups.hi[g] = hi;
    groups.lo[g] = lo - (hi - first_hi);
    groups.m2[g] = m2 + count * between;
  }
}

/// The sums over each group.
HWY_INLINE void add_channels(const double* channels, Index n_groups, Index size, double* groups) {
  if (size == 1) return copy_sums(channels, n_groups, groups);
  for (Index g = 0; g < n_groups; ++g, channels += size) {
    double sum = 0;
    for (Index i = 0; i < size; ++i) sum += channels[i];
    groups[g] = sum;
  }
}

/// dbeta = Σ dy and dgamma = Σ dy·xhat, [n]; then the sums are multiplied by gamma: Σ g and Σ g·(x −
/// mean_hi), g = gamma·dy.
template <class T>
HWY_INLINE void take_gradients(Index n, ChannelSums sums, const ChannelArrays<T>& a, double* dgamma,
                               double* dbeta) {
  const Wide d;
  for (Index c = 0; c < n; c += wide_lanes()) {
    // Not one more: what follows belongs to another task.
    const Index here = HWY_MIN(wide_lanes(), n - c);
    const auto sum_dy = hn::LoadU(d, sums.hi + c), m2 = hn::LoadU(d, sums.m2 + c);
    const auto centred = hn::NegMulAdd(load_wide(a.mean_lo + c), sum_dy, m2);
    store_first(sum_dy, dbeta + c, here);
    store_first(hn::Mul(centred, load_wide(a.inv_std + c)), dgamma + c, here);
    const auto gamma = load_wide(a.gamma + c);
    hn::StoreU(hn::Mul(gamma, sum_dy), d, sums.hi + c);
    hn::StoreU(hn::Mul(gamma, m2), d, sums.m2 + c);
  }
}

/// From the coefficients of the group to those of its channels, which gamma and beta are a part of.
template <class T, bool backward>
HWY_INLINE void apply_affine(Index n, const ChannelArrays<T>& a) {
  const Vectors<T> d;
  for (Index c = 0; c < n; c += lanes<T>()) {
    const auto gamma = hn::LoadU(d, a.gamma + c);
    if constexpr (backward) {
      hn::StoreU(hn::Mul(hn::LoadU(d, a.direct + c), gamma), d, a.direct + c);
    } else {
      hn::StoreU(hn::Mul(hn::LoadU(d, a.slope + c), gamma), d, a.slope + c);
      hn::StoreU(hn::MulAdd(hn::LoadU(d, a.offset + c), gamma, hn::LoadU(d, a.beta + c)), d, a.offset + c);
    }
  }
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
