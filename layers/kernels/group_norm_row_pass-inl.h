// SPDX-License-Identifier: MIT
// Both passes over rows: layer and RMS normalisation, and groups without inner axes. See group_norm_plan.h.
#if defined(WENGERT_GROUP_NORM_ROW_PASS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_ROW_PASS_INL_H_
#undef WENGERT_GROUP_NORM_ROW_PASS_INL_H_
#else
#define WENGERT_GROUP_NORM_ROW_PASS_INL_H_
#endif

#include <autodiff/kernels/parallel.h>
#include <autodiff/kernels/scratch.h>
#include <layers/kernels/batch_norm_block-inl.h>
#include <layers/kernels/batch_norm_row_pass-inl.h>
#include <layers/kernels/group_norm_plan.h>
#include <layers/kernels/group_norm_rows-inl.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// The caller's arrays; null where there is none.
template <class T>
struct GroupArrays {
  const T *x, *dy, *gamma, *beta;
  T* out;  ///< y or dx
  T *mean_hi, *mean_lo, *var, *inv_std;
  T *dgamma, *dbeta;
  T eps;
};

/// `values`, or what stands for them: n times `otherwise`.
template <class T>
const T* or_constant(Workspace& space, const T* values, Index n, T otherwise) {
  if (values != nullptr) return values;
  T* constant = space.take<T>(n);
  std::fill_n(constant, n, otherwise);
  return constant;
}

template <class T, bool backward>
class GroupRowPass {
 public:
  GroupRowPass(const GroupView& view, const GroupArrays<T>& arrays, const Machine& machine)
      : view_(view),
        a_(arrays),
        plan_(plan_group_rows(view, sizeof(T), machine)),
        constants_(Workspace::bytes<T>(view.channels) *
                   ((arrays.gamma == nullptr ? 1 : 0) + (arrays.beta == nullptr ? 1 : 0))) {
    a_.gamma = or_constant(constants_, arrays.gamma, view.channels, T{1});
    a_.beta = or_constant(constants_, arrays.beta, view.channels, T{0});
  }

  /// Every row in both sweeps before the next block of rows.
  void run_forward(const Machine& machine) const {
    const ChannelView rows{1, view_.statistics(), view_.group_channels()};
    if (a_.mean_hi != nullptr) {
      run_blocks<false>(RowPass<T, false>(rows, {a_.x, nullptr}, a_.out, machine));
    } else {
      run_blocks<true>(RowPass<T, true>(rows, {a_.x, a_.x}, a_.out, machine));  // Σ x·(x − 0)
    }
  }

  /// The same by chunks of samples, each with its own dgamma and dbeta.
  void run_backward() const {
    const ScratchCount scratch(constants_.heap_bytes() + Workspace::heap_bytes(sums_bytes()) +
                               at_once(plan_.chunks) *
                                   (Workspace::heap_bytes(2 * Workspace::bytes<T>(gradient_columns())) +
                                    Workspace::heap_bytes(Block<T>::bytes(most_rows(), 1))));
    if (account_only()) return;
    const Index padded = round_up(view_.channels, 16);
    Workspace space(sums_bytes());
    double* const dbeta = space.take<double>(padded * plan_.chunks);
    double* const dgamma = space.take<double>(padded * plan_.chunks);
    const ChannelSums sums{dbeta, dbeta, dgamma};
    parallel_ranges(plan_.chunks, plan_.threads, [&](Index begin, Index end) HWY_ATTR {
      for (Index k = begin; k < end; ++k) run_chunk(k, sums + k * padded);
    });
    for (Index span = 1; span < plan_.chunks; span *= 2) {
      for (Index k = 0; k + span < plan_.chunks; k += 2 * span) {
        merge_chunk<true>(view_.channels, sums + k * padded, 0, sums + (k + span) * padded, 0);
      }
    }
    for (Index c = 0; c < view_.channels; ++c) {
      if (a_.dgamma != nullptr) a_.dgamma[c] = static_cast<T>(dgamma[c]);
      if (a_.dbeta != nullptr) a_.dbeta[c] = static_cast<T>(dbeta[c]);
    }
  }

 private:
  // What the two passes take, for ScratchCount: see scratch_bytes() of batch_norm.cpp.
  Index at_once(Index tasks) const { return std::min(Index{plan_.threads}, tasks); }
  Index sums_bytes() const {
    return 2 * Workspace::bytes<double>(round_up(view_.channels, 16) * plan_.chunks);
  }
  Index gradient_columns() const {
    return view_.channels + lanes<T>();  // a vector may stand on the last of them
  }
  Index most_rows() const { return std::min(plan_.block_samples, view_.batch) * view_.groups; }

  template <bool of_squares, class Pass>
  void run_blocks(const Pass& pass) const {
    const Index rows = view_.statistics(), size = pass.block(), chunks = pass.chunks();
    const ScratchCount scratch(constants_.heap_bytes() +
                               at_once(divide_up(rows, size)) *
                                   (Workspace::heap_bytes(Block<T>::bytes(size, chunks)) +
                                    Workspace::heap_bytes(pass.scratch(std::min(size, rows)))));
    if (account_only()) return;
    const double count = static_cast<double>(view_.count());
    const Parameters<T> statistics{nullptr,    nullptr, a_.mean_hi, a_.mean_lo, a_.var,
                                   a_.inv_std, nullptr, nullptr,    a_.eps};
    parallel_ranges(divide_up(rows, size), plan_.threads, [&](Index begin, Index end) HWY_ATTR {
      for (Index b = begin; b < end; ++b) {
        Workspace space(Block<T>::bytes(size, chunks));
        const Index n = std::min(size, rows - b * size);
        const Block<T> block = make_block<T, false>(space, statistics, b * size, n, chunks);
        if (of_squares) std::fill_n(block.arrays.mean_hi, n, T{0});
        for (Index k = 0; k < chunks; ++k) pass.sum(k, block.first, n, block.chunk(k), block.arrays.mean_hi);
        merge_chunks<of_squares>(pass, n, block.sums, block.padded);
        if constexpr (of_squares) {
          std::fill_n(block.sums.hi, n, 0.0);
          std::fill_n(block.sums.lo, n, 0.0);
        }
        finish_sums<T, false>(block, statistics, count);
        map_rows(block.first, n, block.arrays);
      }
    });
  }

  // Samples [first, last) of chunk k in blocks that stay in cache.
  void run_chunk(Index k, ChannelSums sums) const {
    const Index first = k * plan_.chunk_samples, last = std::min(view_.batch, first + plan_.chunk_samples);
    const Index columns = gradient_columns();
    Workspace space(2 * Workspace::bytes<T>(columns));
    T* const dgamma = space.take<T>(columns);
    T* const dbeta = space.take<T>(columns);
    const Index per_sample = view_.groups;
    for (Index sample = first; sample < last; sample += plan_.block_samples) {
      const Index n = std::min(plan_.block_samples, last - sample) * per_sample;
      Workspace scratch(Block<T>::bytes(n, 1));
      const Block<T> block = block_of(scratch, sample * per_sample, n);
      sum_block(block, dgamma, dbeta);
      if (a_.mean_hi == nullptr) std::fill_n(block.sums.hi, n, 0.0);
      finish_backward(n, block.sums, static_cast<double>(view_.count()), block.arrays);
      if (a_.out != nullptr) map_rows(block.first, n, block.arrays);
      const Index done = sample + plan_.block_samples - first;
      if (done % GroupRowPlan::tile_samples == 0 || sample + plan_.block_samples >= last) {
        add_tile(view_.channels, sums, dbeta, dgamma);
        std::fill_n(dgamma, columns, T{0});
        std::fill_n(dbeta, columns, T{0});
      }
    }
  }

  Block<T> block_of(Workspace& scratch, Index first, Index n) const {
    const Parameters<T> statistics{nullptr,    nullptr, a_.mean_hi, a_.mean_lo, nullptr,
                                   a_.inv_std, nullptr, nullptr,    T{0}};
    return make_block<T, true>(scratch, statistics, first, n, 1);
  }

  // The sums of every row of the block; a few samples at once, for the same group of each.
  void sum_block(const Block<T>& block, T* dgamma, T* dbeta) const {
    const Index length = view_.group_channels();
    const Index samples = block.n / view_.groups;
    for (Index s = 0; s < samples; s += static_cast<Index>(rows_at_once)) {
      const size_t together = std::min(rows_at_once, static_cast<size_t>(samples - s));
      for (Index g = 0; g < view_.groups; ++g) {
        const Index begin = (block.first + s * view_.groups + g) * length, column = g * length;
        const RowSource<T> source{a_.x + begin, a_.dy + begin, a_.gamma + column, dgamma + column,
                                  dbeta + column};
        RowSums<T> sums{};
        for (size_t r = 0; r < together; ++r) {
          const Index row = (s + static_cast<Index>(r)) * view_.groups + g;
          sums.hi[r] = block.arrays.mean_hi[row];
          sums.lo[r] = block.arrays.mean_lo[row];
          sums.inv_std[r] = block.arrays.inv_std[row];
        }
        sum_rows(source, together, length, sums);
        for (size_t r = 0; r < together; ++r) {
          const Index row = (s + static_cast<Index>(r)) * view_.groups + g;
          block.sums.hi[row] = sums.g[r];
          block.sums.m2[row] = sums.g_centred[r];
        }
      }
    }
  }

  void sum_rows(const RowSource<T>& source, size_t together, Index length, RowSums<T>& sums) const {
    const Index tile = GroupRowPlan::tile_vectors * lanes<T>();
    for (Index j = 0; j < length; j += tile) {
      const Index n = std::min(tile, length - j);
      switch (together) {
        case 1:
          sum_gradient_tile<1>(source, view_.channels, j, n, sums);
          break;
        case 2:
          sum_gradient_tile<2>(source, view_.channels, j, n, sums);
          break;
        case 3:
          sum_gradient_tile<std::min(rows_at_once, size_t{3})>(source, view_.channels, j, n, sums);
          break;
        default:
          sum_gradient_tile<rows_at_once>(source, view_.channels, j, n, sums);
      }
    }
  }

  void map_rows(Index first, Index n, const ChannelArrays<T>& arrays) const {
    constexpr Index line = line_elements<T>;
    const Index length = view_.group_channels();
    const bool whole_lines = length % line == 0 && reinterpret_cast<std::uintptr_t>(a_.out) % 64 == 0;
    if (plan_.non_temporal && (whole_lines || length >= 4 * line)) {
      map_rows_with<true>(first, n, arrays);
      hwy::FlushStream();
    } else {
      map_rows_with<false>(first, n, arrays);
    }
  }

  // The last row first: it is the one most likely in cache.
  template <bool non_temporal>
  void map_rows_with(Index first, Index n, const ChannelArrays<T>& arrays) const {
    const Vectors<T> d;
    const Index length = view_.group_channels();
    for (Index row = n; row-- > 0;) {
      const Index column = (first + row) % view_.groups * length;
      const AffineTarget<T, backward, non_temporal> target{a_.x, a_.dy, a_.gamma + column, a_.beta + column,
                                                           a_.out};
      const auto slope = hn::Set(d, arrays.slope[row]);
      const MapVectors<T, backward> coefficients{hn::Set(d, arrays.mean_hi[row]), slope,
                                                 hn::Set(d, arrays.offset[row]),
                                                 backward ? hn::Set(d, arrays.direct[row]) : slope};
      if constexpr (non_temporal) {
        stream_affine_row(target, (first + row) * length, length, coefficients);
      } else {
        map_affine_row(target, (first + row) * length, length, coefficients);
      }
    }
  }

  GroupView view_;
  GroupArrays<T> a_;
  GroupRowPlan plan_;
  Workspace constants_;
};

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
