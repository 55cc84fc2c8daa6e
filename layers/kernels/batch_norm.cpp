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

#include <algorithm>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {
namespace {

// Both sweeps of a block before the next block.
template <class T, bool backward, class Pass>
void run_resident(const Pass& pass, Index channels, const Parameters<T>& p, bool with_map, double count) {
  const Index size = pass.block(), chunks = pass.chunks();
  parallel_ranges(divide_up(channels, size), pass.threads(), [&](Index begin, Index end) HWY_ATTR {
    for (Index b = begin; b < end; ++b) {
      Workspace space(Block<T>::bytes(size, chunks));
      const Index n = std::min(size, channels - b * size);
      const Block<T> block = make_block<T, backward>(space, p, b * size, n, chunks);
      for (Index k = 0; k < chunks; ++k) pass.sum(k, block.first, n, block.chunk(k), block.arrays.mean_hi);
      finish<T, backward>(pass, block, p, count);
      for (Index k = chunks; with_map && k-- > 0;) pass.map(k, block.first, n, block.arrays);
    }
  });
}

// What run_swept takes: the blocks, and what each of them keeps.
template <class T>
Index blocks_bytes(Index n_blocks, Index size, Index chunks) {
  return Workspace::bytes<Block<T>>(n_blocks) + n_blocks * Block<T>::bytes(size, chunks);
}

// The first sweep over all blocks and chunks, then the second, backwards.
template <class T, bool backward, class Pass>
void run_swept(const Pass& pass, Index channels, const Parameters<T>& p, bool with_map, double count) {
  const Index size = pass.block(), chunks = pass.chunks();
  const Index n_blocks = divide_up(channels, size);
  Workspace space(blocks_bytes<T>(n_blocks, std::min(size, channels), chunks));
  Block<T>* const blocks = space.take_unset<Block<T>>(n_blocks);
  for (Index b = 0; b < n_blocks; ++b) {
    blocks[b] = make_block<T, backward>(space, p, b * size, std::min(size, channels - b * size), chunks);
  }
  const auto block_of = [&](Index task) -> const Block<T>& { return blocks[task % n_blocks]; };
  parallel_ranges(chunks * n_blocks, pass.threads(), [&](Index begin, Index end) HWY_ATTR {
    for (Index task = begin; task < end; ++task) {
      const Block<T>& block = block_of(task);
      pass.sum(task / n_blocks, block.first, block.n, block.chunk(task / n_blocks), block.arrays.mean_hi);
    }
  });
  for (Index b = 0; b < n_blocks; ++b) finish<T, backward>(pass, blocks[b], p, count);
  if (!with_map) return;
  parallel_ranges(chunks * n_blocks, pass.threads(), [&](Index begin, Index end) HWY_ATTR {
    for (Index task = end; task-- > begin;) {
      const Block<T>& block = block_of(task);
      pass.map(task / n_blocks, block.first, block.n, block.arrays);
    }
  });
}

// Scratch on the heap that all threads hold at once, at most: it follows from the plan, not from who was
// faster.
template <class T, class Pass>
Index scratch_bytes(const Pass& pass, Index channels) {
  const Index size = pass.block(), n_blocks = divide_up(channels, size), chunks = pass.chunks();
  const Index tasks = pass.resident() ? n_blocks : n_blocks * chunks;
  const Index threads = HWY_MIN(Index{pass.threads()}, tasks);
  const Index of_tasks = threads * Workspace::heap_bytes(pass.scratch(HWY_MIN(size, channels)));
  if (pass.resident()) return of_tasks + threads * Workspace::heap_bytes(Block<T>::bytes(size, chunks));
  return of_tasks + Workspace::heap_bytes(blocks_bytes<T>(n_blocks, HWY_MIN(size, channels), chunks));
}

template <class T, bool backward>
void run(ChannelView view, SumSource<T, backward> source, T* out, const Parameters<T>& p) {
  const double count = static_cast<double>(view.count());
  const auto run_pass = [&](const auto& pass) HWY_ATTR {
    const ScratchCount scratch(scratch_bytes<T>(pass, view.channels));
    if (account_only()) return;
    if (pass.resident()) {
      run_resident<T, backward>(pass, view.channels, p, out != nullptr, count);
    } else {
      run_swept<T, backward>(pass, view.channels, p, out != nullptr, count);
    }
  };
  if (use_columns(view)) {
    run_pass(ColumnPass<T, backward>(view, source, out, this_machine()));
  } else {
    run_pass(RowPass<T, backward>(view, source, out, this_machine()));
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
