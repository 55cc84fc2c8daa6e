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
#include <layers/kernels/group_norm_plan.h>
#include <layers/kernels/group_norm_row_tile-inl.h>
#include <layers/kernels/group_norm_rows-inl.h>
#include <layers/kernels/group_norm_short_rows-inl.h>

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

/// The numbers of `n` rows from the caller's array, where he gave one, and back.
template <class T>
HWY_INLINE void read_rows(const T* from, Index first, Index n, T* to) {
  if (from != nullptr) hn::Store(load_first(from + first, n), Vectors<T>(), to);
}
template <class T>
HWY_INLINE void write_rows(const T* from, Index first, Index n, T* to) {
  if (to != nullptr) store_first(hn::Load(Vectors<T>(), from), to + first, n);
}

/// The first pivot of each row is the mean of its first few elements: one alone may lie several deviations
/// from the mean. As many as a power of two, so that the mean of equal numbers is that number.
template <class T>
HWY_INLINE void start_pivots(const T* x, Index length, Index rows, RowTile<T>& tile) {
  const Vectors<T> d;
  const Index step = lanes<T>();
  Index n = RowPlan::pivot_elements;
  while (n > length) n /= 2;
  const auto share = hn::Set(d, T{1} / static_cast<T>(n));
  const auto of_row = [&](Index row) HWY_ATTR {
    const T* const first = x + row * length;
    auto sum = n < step ? hn::Mul(load_first(first, n), share) : hn::Mul(hn::LoadU(d, first), share);
    for (Index j = step; j < n; j += step) sum = hn::MulAdd(hn::LoadU(d, first + j), share, sum);
    return LaneSums<T>{sum, sum};
  };
  add_up_fours<T>(rows, of_row, tile);
  hn::Store(hn::Load(d, tile.a), d, tile.pivot());
}

/// The moments of `rows` rows of x; of_squares: Σ x² in the place of the second, and a mean of 0.
template <class T, bool of_squares>
HWY_INLINE void sum_moments(const T* x, Index length, Index rows, RowTile<T>& tile) {
  const Index longest = RowPlan::tile_vectors * lanes<T>();
  if constexpr (!of_squares) start_pivots(x, length, rows, tile);
  for (Index done = 0; done < length; done += longest) {
    const Index n = HWY_MIN(longest, length - done);
    const auto sum = [&](auto source) HWY_ATTR {
      with_rows_of<T>(length, [&](auto loops) HWY_ATTR { loops.sum(source, done, length, n, rows, tile); });
    };
    if constexpr (of_squares) {
      sum(SquareSource<T>{x});
      done == 0 ? put_tile(rows, tile.sums(), tile.a, tile.b) : add_tile(rows, tile.sums(), tile.a, tile.b);
    } else {
      const SumSource<T, false> source{x, nullptr};
      const auto more = static_cast<double>(n);
      sum(source);
      if (done == 0 && move_far_pivots(rows, more, tile.a, tile.b, tile.pivot())) sum(source);
      merge_tile(rows, tile.sums(), static_cast<double>(done), more, tile.a, tile.b, tile.pivot());
    }
  }
}

template <class T, bool backward>
class GroupRowPass {
 public:
  GroupRowPass(const GroupView& view, const GroupArrays<T>& arrays, const Machine& machine)
      : view_(view),
        a_(arrays),
        plan_(plan_group_rows(view, sizeof(T), lanes<T>(), backward, machine)),
        constants_(Workspace::bytes<T>(view.channels) *
                   ((arrays.gamma == nullptr ? 1 : 0) + (arrays.beta == nullptr ? 1 : 0))) {
    a_.gamma = or_constant(constants_, arrays.gamma, view.channels, T{1});
    a_.beta = or_constant(constants_, arrays.beta, view.channels, T{0});
  }

  void run_forward() const { a_.mean_hi == nullptr ? run_forward_with<true>() : run_forward_with<false>(); }

  /// By chunks of samples, each with its own dgamma and dbeta.
  void run_backward() const {
    const Index at_once = std::min(Index{plan_.threads}, plan_.chunks);
    const ScratchCount scratch(constants_.heap_bytes() + Workspace::heap_bytes(sums_bytes()) +
                               at_once * Workspace::heap_bytes(records_bytes()));
    if (account_only()) return;
    const Index padded = round_up(view_.channels, 16);
    Workspace space(sums_bytes());
    double* const dbeta = space.take_unset<double>(padded * plan_.chunks);
    double* const dgamma = space.take_unset<double>(padded * plan_.chunks);
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
  Index sums_bytes() const {
    return 2 * Workspace::bytes<double>(round_up(view_.channels, 16) * plan_.chunks);
  }
  // The columns of a group, padded, so that a vector is one group's alone.
  Index padded_length() const { return round_up(view_.group_channels(), lanes<T>()); }
  Index record_columns() const { return view_.groups * padded_length(); }
  Index records_bytes() const {
    return Workspace::bytes<T>(ColumnRecords<T>::elements(gradient_fields, record_columns()));
  }

  template <bool of_squares>
  void run_forward_with() const {
    const ScratchCount scratch(constants_.heap_bytes());
    if (account_only()) return;
    const Index tiles = divide_up(view_.statistics(), plan_.tile_rows);
    parallel_ranges(tiles, plan_.threads, [&](Index begin, Index end) HWY_ATTR {
      RowTile<T> tile;
      for (Index k = begin; k < end; ++k) {
        const Index first = k * plan_.tile_rows;
        write_tile<of_squares>(first, std::min(plan_.tile_rows, view_.statistics() - first), tile);
      }
      end_stores();
    });
  }

  template <bool of_squares>
  HWY_INLINE void write_tile(Index first, Index rows, RowTile<T>& tile) const {
    const Index length = view_.group_channels();
    const ChannelArrays<T> of_rows = tile.arrays();
    sum_moments<T, of_squares>(a_.x + first * length, length, rows, tile);
    finish_forward(rows, tile.sums(), static_cast<double>(length), a_.eps, of_rows);
    write_rows(of_rows.mean_hi, first, rows, a_.mean_hi);
    write_rows(of_rows.mean_lo, first, rows, a_.mean_lo);
    write_rows(of_rows.var, first, rows, a_.var);
    write_rows(of_rows.inv_std, first, rows, a_.inv_std);
    map_rows(first, rows, of_rows);
  }

  // Samples of chunk k, tile by tile.
  void run_chunk(Index k, ChannelSums sums) const {
    const Index samples = GroupRowPlan::record_samples;
    const Index begin = k * plan_.chunk_samples, end = std::min(view_.batch, begin + plan_.chunk_samples);
    Workspace space(records_bytes());
    const ColumnRecords<T> records(space, gradient_fields, record_columns());
    start_records(records);
    RowTile<T> tile;
    for (Index sample = begin; sample < end; sample += samples) {
      const Index last = std::min(end, sample + samples) * view_.groups;
      for (Index first = sample * view_.groups; first < last; first += plan_.tile_rows) {
        write_gradients(first, std::min(plan_.tile_rows, last - first), tile, records);
      }
      move_records(records, sums, sample == begin);
    }
    end_stores();
  }

  HWY_INLINE void write_gradients(Index first, Index rows, RowTile<T>& tile,
                                  const ColumnRecords<T>& records) const {
    const ChannelArrays<T> of_rows = tile.arrays();
    read_rows(a_.mean_hi, first, rows, of_rows.mean_hi);
    read_rows(a_.mean_lo, first, rows, of_rows.mean_lo);
    read_rows(a_.inv_std, first, rows, of_rows.inv_std);
    sum_rows(first, rows, tile, records);
    if (a_.mean_hi == nullptr) std::fill_n(tile.sums().hi, rows, 0.0);
    finish_backward(rows, tile.sums(), static_cast<double>(view_.count()), of_rows);
    if (a_.out != nullptr) map_rows(first, rows, of_rows);
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
  // Adds dgamma and dbeta to those in float64, or begins with them, and makes them 0.
  void move_records(const ColumnRecords<T>& records, ChannelSums sums, bool is_first) const {
    const auto move = [&](T* from, Index n, double* to) HWY_ATTR {
      if (is_first) {
        for (Index k = 0; k < n; ++k) to[k] = static_cast<double>(from[k]);
      } else {
        for (Index k = 0; k < n; ++k) to[k] += static_cast<double>(from[k]);
      }
      hn::Store(hn::Zero(Vectors<T>()), Vectors<T>(), from);
    };
    for_each_record(records, [&](Index column, Index n, T* record) HWY_ATTR {
      move(record + dgamma_field * lanes<T>(), n, sums.m2 + column);
      move(record + dbeta_field * lanes<T>(), n, sums.hi + column);
    });
  }

  GroupColumns columns_from(Index row) const {
    return {view_.group_channels(), view_.groups, row, lanes<T>()};
  }

  // A long row by strips, whose sums are added up in float64.
  HWY_INLINE void sum_rows(Index first, Index rows, RowTile<T>& tile, const ColumnRecords<T>& records) const {
    const Index length = view_.group_channels(), strip = GroupRowPlan::strip_vectors * lanes<T>();
    const GradientRows<T> in{a_.x, a_.dy, first * length, length, columns_from(first), records};
    for (Index j = 0; j < length; j += strip) {
      const Index n = std::min(strip, length - j);
      with_rows_of<T>(length, [&](auto loops) HWY_ATTR { loops.sum_gradients(in, j, n, rows, tile); });
      j == 0 ? put_tile(rows, tile.sums(), tile.a, tile.b) : add_tile(rows, tile.sums(), tile.a, tile.b);
    }
  }

  // Whether enough of what is written are whole lines of the cache.
  bool past_caches() const {
    const Index length = view_.group_channels();
    return plan_.non_temporal && (rows_are_lines(a_.out, length) || length >= 4 * line_elements<T>);
  }
  void end_stores() const {
    if (past_caches()) hwy::FlushStream();
  }
  HWY_INLINE void map_rows(Index first, Index rows, const ChannelArrays<T>& of_rows) const {
    past_caches() ? map_rows_with<true>(first, rows, of_rows) : map_rows_with<false>(first, rows, of_rows);
  }

  template <bool non_temporal>
  HWY_INLINE void map_rows_with(Index first, Index rows, const ChannelArrays<T>& of_rows) const {
    const AffineTarget<T, backward, non_temporal> target{a_.x,   a_.dy,           a_.gamma,       a_.beta,
                                                         a_.out, plan_.map_ahead, plan_.map_strip};
    const Index length = view_.group_channels();
    const Index fetching = view_.statistics() - first - plan_.tile_rows;
    const auto map = [&](auto loops) HWY_ATTR {
      loops.map(target, columns_from(first), first * length, rows, fetching, of_rows);
    };
    non_temporal && !rows_are_lines(a_.out, length) ? map(AnyRows()) : with_rows_of<T>(length, map);
  }

  GroupView view_;
  GroupArrays<T> a_;
  GroupRowPlan plan_;
  Workspace constants_;
};

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
