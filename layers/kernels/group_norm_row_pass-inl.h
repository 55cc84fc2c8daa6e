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
        plan_(plan_group_rows(view, sizeof(T), backward, machine)),
        constants_(Workspace::bytes<T>(view.channels) *
                   ((arrays.gamma == nullptr ? 1 : 0) + (arrays.beta == nullptr ? 1 : 0))) {
    a_.gamma = or_constant(constants_, arrays.gamma, view.channels, T{1});
    a_.beta = or_constant(constants_, arrays.beta, view.channels, T{0});
  }

  /// Every row in both sweeps before the next block of rows.
  void run_forward(const Machine& machine) const {
    const ChannelView rows{1, view_.statistics(), view_.group_channels()};
    if (a_.mean_hi != nullptr) {
      run_blocks<false>(RowPass<T, false>(rows, {a_.x, nullptr}, a_.out, machine, true));
    } else {
      run_blocks<true>(RowPass<T, true>(rows, {a_.x, a_.x}, a_.out, machine, true));  // Σ x·(x − 0)
    }
  }

  /// The same by chunks of samples, each with its own dgamma and dbeta.
  void run_backward() const {
    const ScratchCount scratch(constants_.heap_bytes() + Workspace::heap_bytes(sums_bytes()) +
                               at_once(plan_.chunks) *
                                   (Workspace::heap_bytes(records_bytes()) +
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
  // What the two passes take, for ScratchCount: see scratch_of_rows() of batch_norm.cpp.
  Index at_once(Index tasks) const { return std::min(Index{plan_.threads}, tasks); }
  Index sums_bytes() const {
    return 2 * Workspace::bytes<double>(round_up(view_.channels, 16) * plan_.chunks);
  }
  // The columns of a group, padded, so that a vector is one group's alone.
  Index padded_length() const { return round_up(view_.group_channels(), lanes<T>()); }
  Index record_columns() const { return view_.groups * padded_length(); }
  Index records_bytes() const {
    return Workspace::bytes<T>(ColumnRecords<T>::elements(gradient_fields, record_columns()));
  }
  Index most_rows() const { return std::min(plan_.block_samples, view_.batch) * view_.groups; }

  template <bool of_squares, class Pass>
  void run_blocks(const Pass& pass) const {
    const Index rows = view_.statistics(), size = pass.block(), chunks = pass.chunks();
    const ScratchCount scratch(
        constants_.heap_bytes() +
        at_once(divide_up(rows, size)) *
            (Workspace::heap_bytes(Block<T>::bytes(size, chunks)) +
             Workspace::heap_bytes(pass.scratch(std::min({size, rows, plan_.part_rows})))));
    if (account_only()) return;
    const double count = static_cast<double>(view_.count());
    const Parameters<T> statistics{nullptr,    nullptr, a_.mean_hi, a_.mean_lo, a_.var,
                                   a_.inv_std, nullptr, nullptr,    a_.eps};
    parallel_ranges(divide_up(rows, size), plan_.threads, [&](Index begin, Index end) HWY_ATTR {
      for (Index b = begin; b < end; ++b) {
        Workspace space(Block<T>::bytes(size, chunks));
        const Index n = std::min(size, rows - b * size);
        const Block<T> block = make_block<T, false>(space, statistics, b * size, n, chunks);
        for_each_part(block, [&](const Block<T>& part) HWY_ATTR {
          if (of_squares) std::fill_n(part.arrays.mean_hi, part.n, T{0});
          for (Index k = 0; k < chunks; ++k) {
            pass.sum(k, part.first, part.n, part.chunk(k), part.arrays.mean_hi);
          }
          merge_chunks<of_squares>(pass, part.n, part.sums, part.padded);
          if constexpr (of_squares) {
            std::fill_n(part.sums.hi, part.n, 0.0);
            std::fill_n(part.sums.lo, part.n, 0.0);
          }
          finish_sums<T, false>(part, statistics, count);
          map_rows(part);
        });
        give_results<T, false>(block, statistics);
      }
      end_stores();
    });
  }

  template <class Body>
  HWY_INLINE void for_each_part(const Block<T>& block, Body body) const {
    for (Index row = 0; row < block.n; row += plan_.part_rows) {
      body(block.part(row, std::min(plan_.part_rows, block.n - row)));
    }
  }

  // Samples of chunk k in blocks.
  void run_chunk(Index k, ChannelSums sums) const {
    const Index first = k * plan_.chunk_samples, last = std::min(view_.batch, first + plan_.chunk_samples);
    const double count = static_cast<double>(view_.count());
    const Parameters<T> statistics{nullptr,    nullptr, a_.mean_hi, a_.mean_lo, nullptr,
                                   a_.inv_std, nullptr, nullptr,    T{0}};
    Workspace space(records_bytes());
    const ColumnRecords<T> records(space, gradient_fields, record_columns());
    start_records(records);
    for (Index sample = first; sample < last; sample += plan_.block_samples) {
      const Index n = std::min(plan_.block_samples, last - sample) * view_.groups;
      Workspace scratch(Block<T>::bytes(n, 1));
      const Block<T> block = make_block<T, true>(scratch, statistics, sample * view_.groups, n, 1);
      for_each_part(block, [&](const Block<T>& part) HWY_ATTR {
        sum_rows(part, records);
        if (a_.mean_hi == nullptr) std::fill_n(part.sums.hi, part.n, 0.0);
        finish_sums<T, true>(part, statistics, count);
        if (a_.out != nullptr) map_rows(part);
      });
      const Index done = sample + plan_.block_samples - first;
      if (done % GroupRowPlan::tile_samples == 0 || sample + plan_.block_samples >= last) {
        move_records(records, sums);
      }
    }
    end_stores();
  }

  // Calls body(column, n, record) for each vector of columns and the n that are in it.
  template <class Body>
  HWY_INLINE void for_each_record(const ColumnRecords<T>& records, Body body) const {
    const Index length = view_.group_channels(), step = lanes<T>();
    for (Index g = 0; g < view_.groups; ++g) {
      for (Index j = 0; j < length; j += step) {
        body(g * length + j, std::min(step, length - j), records.at(g * padded_length() + j));
      }
    }
  }
  void start_records(const ColumnRecords<T>& records) const {
    const Vectors<T> d;
    for_each_record(records, [&](Index column, Index n, T* record) HWY_ATTR {
      hn::Store(load_first(a_.gamma + column, n), d, record + gamma_field * lanes<T>());
      hn::Store(hn::Zero(d), d, record + dgamma_field * lanes<T>());
      hn::Store(hn::Zero(d), d, record + dbeta_field * lanes<T>());
    });
  }
  // Adds dgamma and dbeta to those in float64 and makes them 0.
  void move_records(const ColumnRecords<T>& records, ChannelSums sums) const {
    const auto move = [](T* from, Index n, double* to) HWY_ATTR {
      for (Index k = 0; k < n; ++k) to[k] += static_cast<double>(from[k]);
      hn::Store(hn::Zero(Vectors<T>()), Vectors<T>(), from);
    };
    for_each_record(records, [&](Index column, Index n, T* record) HWY_ATTR {
      move(record + dgamma_field * lanes<T>(), n, sums.m2 + column);
      move(record + dbeta_field * lanes<T>(), n, sums.hi + column);
    });
  }

  void sum_rows(const Block<T>& part, const ColumnRecords<T>& records) const {
    const GroupArrays<T> a = a_;
    const ChannelArrays<T> of_rows = part.arrays;
    const Index length = view_.group_channels(), tile = GroupRowPlan::tile_vectors * lanes<T>();
    const Index padded = padded_length(), columns = record_columns(), rows = part.n;
    std::fill_n(part.sums.hi, part.n, 0.0);
    std::fill_n(part.sums.m2, part.n, 0.0);
    RowSums<T> sums(part.sums);
    for (Index j = 0; j < length; j += tile) {
      const Index n = std::min(tile, length - j);
      Index column = part.first % view_.groups * padded, i = part.first * length + j;
      for (Index row = 0; row < rows; ++row, i += length) {
        const RowStatistics<T> statistics{of_rows.mean_hi[row], of_rows.mean_lo[row], of_rows.inv_std[row]};
        sums.add(row, sum_gradients(a.x + i, a.dy + i, n, statistics, records.at(column + j)));
        column += padded;
        if (column == columns) column = 0;
      }
    }
    sums.flush();
  }

  bool rows_are_lines() const {
    return view_.group_channels() % line_elements<T> == 0 &&
           reinterpret_cast<std::uintptr_t>(a_.out) % 64 == 0;
  }
  // Whether enough of what is written are whole lines of the cache.
  bool past_caches() const {
    return plan_.non_temporal && (rows_are_lines() || view_.group_channels() >= 4 * line_elements<T>);
  }
  void end_stores() const {
    if (past_caches()) hwy::FlushStream();
  }
  void map_rows(const Block<T>& part) const {
    past_caches() ? map_rows_with<true>(part) : map_rows_with<false>(part);
  }

  template <bool non_temporal>
  void map_rows_with(const Block<T>& part) const {
    const Vectors<T> d;
    // By value: what is written might alias anything that is not a local.
    const GroupArrays<T> a = a_;
    const ChannelArrays<T> arrays = part.arrays;
    const Index length = view_.group_channels(), columns = view_.channels, ahead = plan_.map_ahead;
    const Index fetching = view_.statistics() - part.first - plan_.part_rows;  // rows with a row to fetch
    const bool is_whole = !non_temporal || rows_are_lines();
    Index column = part.first % view_.groups * length, i = part.first * length;
    for (Index row = 0; row < part.n; ++row, i += length) {
      const WholeLines lines = is_whole ? WholeLines{0, length} : whole_lines(a.out + i, length);
      const AffineTarget<T, backward, non_temporal> target{
          a.x, a.dy, a.gamma + column, a.beta + column, a.out, row < fetching ? ahead : 0};
      const auto slope = hn::Set(d, arrays.slope[row]);
      const MapVectors<T, backward> coefficients{hn::Set(d, arrays.mean_hi[row]), slope,
                                                 hn::Set(d, arrays.offset[row]),
                                                 backward ? hn::Set(d, arrays.direct[row]) : slope};
      map_affine_row(target, i, length, lines, coefficients);
      column += length;
      if (column == columns) column = 0;
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
