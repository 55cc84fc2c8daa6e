// SPDX-License-Identifier: MIT
// A block of channels with everything that is kept for them between the two sweeps.
#if defined(WENGERT_BATCH_NORM_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_BLOCK_INL_H_
#undef WENGERT_BATCH_NORM_BLOCK_INL_H_
#else
#define WENGERT_BATCH_NORM_BLOCK_INL_H_
#endif

#include <layers/kernels/batch_norm_channels-inl.h>
#include <layers/kernels/batch_norm_plan.h>
#include <layers/kernels/workspace.h>

#include <algorithm>
#include <cstring>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

// The caller's arrays, [channels] each, in the order of ChannelArrays; null where there is none.
template <class T>
struct Parameters {
  const T *gamma, *beta;
  T *mean_hi, *mean_lo, *var, *inv_std;
  T *dgamma, *dbeta;
  T eps;
};

// Channels [first, first + n) with everything that is kept for them: sums of every chunk, and padded arrays.
template <class T>
struct Block {
  Index first, n, padded;
  ChannelSums sums;
  ChannelArrays<T> arrays;

  // Whole vectors from any of the n channels on: parts of a block start where they like.
  static Index padding(Index n) { return round_up(n + 15, 16); }
  static Index bytes(Index n, Index chunks) {
    return 3 * Workspace::bytes<double>(padding(n) * chunks) + 11 * Workspace::bytes<T>(padding(n));
  }
  ChannelSums chunk(Index k) const { return sums + k * padded; }
};

template <class T>
void copy(const T* from, T* to, Index n) {
  if (from != nullptr && to != nullptr) std::memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
}

template <class T, bool backward>
Block<T> make_block(Workspace& space, const Parameters<T>& p, Index first, Index n, Index chunks) {
  const Index padded = Block<T>::padding(n);
  const auto wide = [&] { return space.take_unset<double>(padded * chunks); };
  const auto take = [&] { return space.take_unset<T>(padded); };
  Block<T> block{first, n, padded, {wide(), wide(), wide()}, {}};
  block.arrays = {take(), take(), take(), take(), take(), take(), take(), take(), take(), take(), take()};
  const auto copy_or_fill = [&](const T* from, T* to, T otherwise) {
    from != nullptr ? copy(from + first, to, n) : static_cast<void>(std::fill_n(to, n, otherwise));
    std::fill(to + n, to + padded, T{0});
  };
  copy_or_fill(p.gamma, block.arrays.gamma, T{1});
  if constexpr (backward) {
    copy_or_fill(p.mean_hi, block.arrays.mean_hi, T{0});
    copy_or_fill(p.mean_lo, block.arrays.mean_lo, T{0});
    copy_or_fill(p.inv_std, block.arrays.inv_std, T{0});
  } else {
    copy_or_fill(p.beta, block.arrays.beta, T{0});
  }
  return block;
}

// Merges the sums of all chunks of a pass into those of the first, as a binary tree of fixed form. Chunk k is
// at sums + k·stride.
template <bool backward, class Pass>
void merge_chunks(const Pass& pass, Index channels, ChannelSums sums, Index stride) {
  if (pass.chunks() == 1) return;
  std::vector<double> counts(static_cast<size_t>(pass.chunks()));
  for (Index k = 0; k < pass.chunks(); ++k) counts[static_cast<size_t>(k)] = pass.count(k);
  for (Index span = 1; span < pass.chunks(); span *= 2) {
    for (Index k = 0; k + span < pass.chunks(); k += 2 * span) {
      double& n = counts[static_cast<size_t>(k)];
      const double more = counts[static_cast<size_t>(k + span)];
      merge_chunk<backward>(channels, sums + k * stride, n, sums + (k + span) * stride, more);
      n += more;
    }
  }
}

// What the sums of the first chunk come to.
template <class T, bool backward>
void finish_sums(const Block<T>& block, const Parameters<T>& p, double count) {
  if constexpr (backward) {
    finish_backward(block.n, block.sums, count, block.arrays);
  } else {
    finish_forward(block.n, block.sums, count, p.eps, block.arrays);
  }
}

// Hands that to the caller, as far as he asked for it.
template <class T, bool backward>
void give_results(const Block<T>& block, const Parameters<T>& p) {
  const ChannelArrays<T>& a = block.arrays;
  const auto give = [&](const T* from, T* to) {
    if (to != nullptr) copy(from, to + block.first, block.n);
  };
  if constexpr (backward) {
    give(a.dgamma, p.dgamma), give(a.dbeta, p.dbeta);
  } else {
    give(a.mean_hi, p.mean_hi), give(a.mean_lo, p.mean_lo), give(a.var, p.var), give(a.inv_std, p.inv_std);
  }
}

template <class T, bool backward, class Pass>
void finish(const Pass& pass, const Block<T>& block, const Parameters<T>& p, double count) {
  merge_chunks<backward>(pass, block.n, block.sums, block.padded);
  finish_sums<T, backward>(block, p, count);
  give_results<T, backward>(block, p);
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
