// SPDX-License-Identifier: MIT
// The fast kernels: the two sweeps over the blocks of channels and the chunks of each; one entry a type for
// every target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/batch_norm.cpp"
#include <autodiff/kernels/parallel.h>
#include <autodiff/kernels/scratch.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <layers/kernels/batch_norm.h>
#include <layers/kernels/batch_norm_block-inl.h>
#include <layers/kernels/batch_norm_column_pass-inl.h>
#include <layers/kernels/batch_norm_reference.h>
#include <layers/kernels/batch_norm_row_pass-inl.h>
#include <layers/kernels/batch_norm_small_pass-inl.h>

#include <algorithm>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {
namespace {

// Columns: the first sweep over chunks of rows, the second backwards over pieces of them.
template <class T, bool backward, class Pass>
void run_columns(const Pass& pass, Index channels, const Parameters<T>& p, bool with_map, double count) {
  const Index chunks = pass.chunks(), size = pass.share(), shares = divide_up(channels, size);
  Workspace space(Block<T>::bytes(channels, chunks));
  const Block<T> block = make_block<T, backward>(space, p, 0, channels, chunks);
  parallel_ranges(chunks * shares, pass.threads(), [&](Index begin, Index end) HWY_ATTR {
    for (Index task = begin; task < end; ++task) {
      const Index k = task / shares, first = task % shares * size, n = std::min(size, channels - first);
      pass.sum(k, first, n, block.chunk(k) + first, block.arrays.mean_hi + first);
    }
  });
  finish<T, backward>(pass, block, p, count);
  if (!with_map) return;
  parallel_ranges(pass.pieces(), pass.threads(),
                  [&](Index begin, Index end) HWY_ATTR { pass.map(begin, end, 0, channels, block.arrays); });
}

// Rows: both sweeps of a block of channels before the next block.
template <class T, bool backward>
void run_resident(const RowPass<T, backward>& pass, Index channels, const Parameters<T>& p, bool with_map,
                  double count) {
  const Index size = pass.block(), chunks = pass.chunks();
  parallel_ranges(divide_up(channels, size), pass.threads(), [&](Index begin, Index end) HWY_ATTR {
    for (Index b = begin; b < end; ++b) {
      Workspace space(Block<T>::bytes(size, chunks));
      const Index n = std::min(size, channels - b * size);
      const Block<T> block = make_block<T, backward>(space, p, b * size, n, chunks);
      for (Index k = 0; k < chunks; ++k) pass.sum(k, block.first, n, block.chunk(k), block.arrays.mean_hi);
      finish<T, backward>(pass, block, p, count);
      if (with_map) pass.map(0, chunks, block.first, n, block.arrays);
    }
  });
}

// What run_split takes: the blocks, and what each of them keeps.
template <class T>
Index blocks_bytes(Index channels, Index chunks) {
  return Workspace::bytes<Block<T>>(channels) + channels * Block<T>::bytes(1, chunks);
}

// Rows of few channels: each is a block, each of its chunks a task, in the first sweep and then in the
// second.
template <class T, bool backward>
void run_split(const RowPass<T, backward>& pass, Index channels, const Parameters<T>& p, bool with_map,
               double count) {
  const Index chunks = pass.chunks();
  Workspace space(blocks_bytes<T>(channels, chunks));
  Block<T>* const blocks = space.take_unset<Block<T>>(channels);
  for (Index c = 0; c < channels; ++c) blocks[c] = make_block<T, backward>(space, p, c, 1, chunks);
  parallel_ranges(chunks * channels, pass.threads(), [&](Index begin, Index end) HWY_ATTR {
    for (Index task = begin; task < end; ++task) {
      const Index k = task / channels, c = task % channels;
      pass.sum(k, c, 1, blocks[c].chunk(k), blocks[c].arrays.mean_hi);
    }
  });
  for (Index c = 0; c < channels; ++c) finish<T, backward>(pass, blocks[c], p, count);
  if (!with_map) return;
  parallel_ranges(chunks * channels, pass.threads(), [&](Index begin, Index end) HWY_ATTR {
    for (Index task = end; task-- > begin;) {
      const Index k = task / channels, c = task % channels;
      pass.map(k, k + 1, c, 1, blocks[c].arrays);
    }
  });
}

// Scratch on the heap that all threads hold at once, at most: it follows from the plan, not from who was
// faster.
template <class T, class Pass>
Index scratch_of_columns(const Pass& pass, Index channels) {
  const Index tasks = pass.chunks() * divide_up(channels, pass.share());
  const Index summing =
      std::min(Index{pass.threads()}, tasks) * Workspace::heap_bytes(pass.sum_scratch(pass.share()));
  const Index mapping =
      std::min(Index{pass.threads()}, pass.pieces()) * Workspace::heap_bytes(pass.map_scratch(channels));
  return Workspace::heap_bytes(Block<T>::bytes(channels, pass.chunks())) + std::max(summing, mapping);
}

template <class T, bool backward>
Index scratch_of_rows(const RowPass<T, backward>& pass, Index channels) {
  const Index size = pass.block(), chunks = pass.chunks();
  const Index tasks = pass.resident() ? divide_up(channels, size) : channels * chunks;
  const Index threads = std::min(Index{pass.threads()}, tasks);
  const Index of_tasks = threads * Workspace::heap_bytes(pass.scratch(std::min(size, channels)));
  if (pass.resident()) return of_tasks + threads * Workspace::heap_bytes(Block<T>::bytes(size, chunks));
  return of_tasks + Workspace::heap_bytes(blocks_bytes<T>(channels, chunks));
}

template <class T, bool backward>
void run(ChannelView view, SumSource<T, backward> source, T* out, const Parameters<T>& p) {
  const double count = static_cast<double>(view.count());
  const bool with_map = out != nullptr;
  const auto columns = [&](const auto& pass) HWY_ATTR {
    const ScratchCount scratch(scratch_of_columns<T>(pass, view.channels));
    if (!account_only()) run_columns<T, backward>(pass, view.channels, p, with_map, count);
  };
  if (is_small(view, sizeof(T))) {
    columns(SmallPass<T, backward>(view, source, out));
  } else if (use_columns(view)) {
    columns(ColumnPass<T, backward>(view, source, out, this_machine()));
  } else {
    const RowPass<T, backward> pass(view, source, out, this_machine());
    const ScratchCount scratch(scratch_of_rows(pass, view.channels));
    if (account_only()) return;
    const auto sweeps = pass.resident() ? run_resident<T, backward> : run_split<T, backward>;
    sweeps(pass, view.channels, p, with_map, count);
  }
}

template <class T>
void forward(ChannelView view, const T* x, const T* gamma, const T* beta, T eps, T* y,
             BatchNormStatistics<T> s) {
  run<T, false>(view, {x, nullptr}, y,
                {gamma, beta, s.mean_hi, s.mean_lo, s.var, s.inv_std, nullptr, nullptr, eps});
}

template <class T>
void backward(ChannelView view, const T* x, const T* dy, const T* gamma, const T* mean_hi, const T* mean_lo,
              const T* inv_std, T* dx, T* dgamma, T* dbeta) {
  // The statistics are written in the forward pass only.
  run<T, true>(view, {x, dy}, dx,
               {gamma, nullptr, const_cast<T*>(mean_hi), const_cast<T*>(mean_lo), nullptr,
                const_cast<T*>(inv_std), dgamma, dbeta, T{0}});
}

}  // namespace

void ForwardF32(ChannelView view, const float* x, const float* gamma, const float* beta, float eps, float* y,
                BatchNormStatistics<float> s) {
  forward(view, x, gamma, beta, eps, y, s);
}
void ForwardF64(ChannelView view, const double* x, const double* gamma, const double* beta, double eps,
                double* y, BatchNormStatistics<double> s) {
  forward(view, x, gamma, beta, eps, y, s);
}
void BackwardF32(ChannelView view, const float* x, const float* dy, const float* gamma, const float* hi,
                 const float* lo, const float* inv_std, float* dx, float* dgamma, float* dbeta) {
  backward(view, x, dy, gamma, hi, lo, inv_std, dx, dgamma, dbeta);
}
void BackwardF64(ChannelView view, const double* x, const double* dy, const double* gamma, const double* hi,
                 const double* lo, const double* inv_std, double* dx, double* dgamma, double* dbeta) {
  backward(view, x, dy, gamma, hi, lo, inv_std, dx, dgamma, dbeta);
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wengert::kernels {

HWY_EXPORT(ForwardF32);
HWY_EXPORT(ForwardF64);
HWY_EXPORT(BackwardF32);
HWY_EXPORT(BackwardF64);

template <class T>
void batch_norm_forward(ChannelView view, const T* x, const T* gamma, const T* beta, T eps, T* y,
                        BatchNormStatistics<T> statistics) {
  if (view.count() == 0 || view.channels == 0) return;
  if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(ForwardF32)(view, x, gamma, beta, eps, y, statistics);
  } else if constexpr (std::is_same_v<T, double>) {
    HWY_DYNAMIC_DISPATCH(ForwardF64)(view, x, gamma, beta, eps, y, statistics);
  } else if (!account_only()) {
    reference::batch_norm_forward(view, x, gamma, beta, eps, y, statistics);
  }
}

template <class T>
void batch_norm_backward(ChannelView view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                         const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta) {
  if (view.count() == 0 || view.channels == 0 || std::is_same_v<T, long double>) {
    if (account_only()) return;
    reference::batch_norm_backward(view, x, dy, gamma, mean_hi, mean_lo, inv_std, dx, dgamma, dbeta);
  } else if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(BackwardF32)
    (view, x, dy, gamma, mean_hi, mean_lo, inv_std, dx, dgamma, dbeta);
  } else if constexpr (std::is_same_v<T, double>) {
    HWY_DYNAMIC_DISPATCH(BackwardF64)
    (view, x, dy, gamma, mean_hi, mean_lo, inv_std, dx, dgamma, dbeta);
  }
}

#define WENGERT_INSTANTIATE(T)                                                                               \
  template void batch_norm_forward(ChannelView, const T*, const T*, const T*, T, T*,                         \
                                   BatchNormStatistics<T>);                                                  \
  template void batch_norm_backward(ChannelView, const T*, const T*, const T*, const T*, const T*, const T*, \
                                    T*, T*, T*);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert::kernels
#endif
