// SPDX-License-Identifier: MIT
// The sweeps over rows: groups of channels, each in chunks of tiles. See batch_norm_plan.h.
#if defined(WENGERT_BATCH_NORM_ROW_PASS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_ROW_PASS_INL_H_
#undef WENGERT_BATCH_NORM_ROW_PASS_INL_H_
#else
#define WENGERT_BATCH_NORM_ROW_PASS_INL_H_
#endif

#include <layers/kernels/batch_norm_channels-inl.h>
#include <layers/kernels/batch_norm_plan.h>
#include <layers/kernels/batch_norm_rows-inl.h>
#include <layers/kernels/workspace.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

template <class T, bool backward>
class RowPass {
 public:
  RowPass(ChannelView view, SumSource<T, backward> source, T* out, const Machine& machine)
      : view_(view),
        source_(source),
        out_(out),
        plan_(plan_rows(view, sizeof(T), lanes<T>(), backward, machine)) {}

  int threads() const { return plan_.threads; }
  Index chunks() const { return plan_.chunks; }
  Index pieces() const { return plan_.chunks; }
  Index block() const { return plan_.split_chunks ? 1 : plan_.group; }
  bool resident() const { return !plan_.split_chunks; }
  /// Bytes that one task takes for n channels.
  Index scratch(Index n) const {
    return 3 * Workspace::bytes<T>(n) + 2 * Workspace::bytes<T>(n * lanes<T>());
  }

  /// Elements of one channel in a chunk.
  double count(Index chunk) const {
    Index n = 0;
    for (Index t = first_tile(chunk); t < first_tile(chunk + 1); ++t) n += tile(t).count();
    return static_cast<double>(n);
  }

  /// Sums channels [first, first + n) over a chunk; `mean` is the pivot of the backward pass.
  void sum(Index chunk, Index first, Index n, ChannelSums sums, const T* mean) const {
    Workspace space(scratch(n));
    Sums s{space.take_unset<T>(n), space.take_unset<T>(n), space.take_unset<T>(n),
           space.take_unset<T>(n * lanes<T>()), space.take_unset<T>(n * lanes<T>())};
    if constexpr (backward) {
      std::memcpy(s.pivot, mean, static_cast<size_t>(n) * sizeof(T));
    } else {
      start_pivot(tile(first_tile(chunk)), first, n, s.pivot);
    }
    double done = 0;
    for (Index t = first_tile(chunk); t < first_tile(chunk + 1); ++t) {
      const RunTile piece = tile(t), after = tile(HWY_MIN(t + 1, plan_.tiles - 1));
      const Index next = run(after.outer, first) + after.inner;
      const double more = static_cast<double>(piece.count());
      sum_tile(piece, first, n, s, next);
      if constexpr (backward) {
        done == 0 ? put_tile(n, sums, s.a, s.b) : add_tile(n, sums, s.a, s.b);
      } else {
        if (done < more && move_far_pivots(n, more, s.a, s.b, s.pivot)) sum_tile(piece, first, n, s, next);
        merge_tile(n, sums, done, more, s.a, s.b, s.pivot);
      }
      done += more;
    }
  }

  /// Writes channels [first, first + n) of chunks [begin, end), the last tile first.
  void map(Index begin, Index end, Index first, Index n, const ChannelArrays<T>& arrays) const {
    if (plan_.non_temporal && view_.inner % lanes<T>() == 0 && is_aligned(out_)) {
      map_tiles<true>(begin, end, first, n, arrays);
      hwy::FlushStream();
    } else {
      map_tiles<false>(begin, end, first, n, arrays);
    }
  }

 private:
  // Elements [inner, inner + length) of the runs [outer, outer_end) of a channel.
  struct RunTile {
    Index outer, outer_end, inner, length;

    Index count() const { return (outer_end - outer) * length; }
  };

  Index first_tile(Index chunk) const { return HWY_MIN(plan_.tiles, chunk * plan_.chunk_tiles); }
  RunTile tile(Index t) const {
    const Index pieces = divide_up(view_.inner, plan_.inner_step);
    const Index outer = t / pieces * plan_.outer_step, inner = t % pieces * plan_.inner_step;
    return {outer, HWY_MIN(view_.outer, outer + plan_.outer_step), inner,
            HWY_MIN(plan_.inner_step, view_.inner - inner)};
  }
  Index run(Index outer, Index channel) const { return (outer * view_.channels + channel) * view_.inner; }

  // The arrays of one call of sum(): a pivot and two sums a channel, and the lanes of the sums between its
  // runs.
  struct Sums {
    T *pivot, *a, *b, *lane_a, *lane_b;
  };

  // a, b = the sums over the tile, which is read in the order of memory: run after run, not channel after
  // channel. What comes after it begins at `next`.
  void sum_tile(RunTile piece, Index first, Index n, const Sums& s, Index next) const {
    const Vectors<T> d;
    const Index step = lanes<T>();
    const bool whole = piece.length == view_.inner;  // the runs of the channels then make one
    for (Index outer = piece.outer; outer < piece.outer_end; ++outer) {
      const bool is_first = outer == piece.outer;
      for (Index c = 0; c < n; ++c) {
        const Index begin = run(outer, first + c) + piece.inner;
        const Index stretch = whole ? (n - c) * view_.inner : piece.length;
        const bool goes_on = !whole && c + 1 < n;
        const FetchAhead ahead{HWY_MIN(plan_.read_ahead, whole ? n * view_.inner : piece.length),
                               begin + stretch,
                               goes_on                       ? begin + view_.inner
                               : outer + 1 < piece.outer_end ? run(outer + 1, first) + piece.inner
                                                             : next};
        auto a = is_first ? hn::Zero(d) : hn::Load(d, s.lane_a + c * step);
        auto b = is_first ? hn::Zero(d) : hn::Load(d, s.lane_b + c * step);
        sum_run(source_, begin, piece.length, hn::Set(d, s.pivot[c]), a, b, ahead);
        if (outer + 1 == piece.outer_end) {
          s.a[c] = sum_of_lanes<T>(a);
          s.b[c] = sum_of_lanes<T>(b);
        } else {
          hn::Store(a, d, s.lane_a + c * step);
          hn::Store(b, d, s.lane_b + c * step);
        }
      }
    }
  }

  // The mean of the first few elements: one alone may lie several deviations from the mean.
  void start_pivot(RunTile piece, Index first, Index n, T* pivot) const {
    const Vectors<T> d;
    const Index length = HWY_MIN(piece.length, RowPlan::pivot_elements);
    const auto inverse = T{1} / static_cast<T>(length);
    const SumSource<T, false> source{source_.x, nullptr};
    for (Index c = 0; c < n; ++c) {
      const Index i = run(piece.outer, first + c) + piece.inner;
      auto a = hn::Zero(d), b = a;
      sum_run(source, i, length, hn::Set(d, source_.x[i]), a, b);
      pivot[c] = source_.x[i] + sum_of_lanes<T>(a) * inverse;
    }
  }

  template <bool non_temporal>
  void map_tiles(Index begin, Index end, Index first, Index n, const ChannelArrays<T>& arrays) const {
    const Vectors<T> d;
    const MapTarget<T, backward, non_temporal> target{source_.x, source_.dy, out_};
    for (Index t = first_tile(end); t-- > first_tile(begin);) {
      const RunTile piece = tile(t);
      for (Index outer = piece.outer; outer < piece.outer_end; ++outer) {
        for (Index c = 0; c < n; ++c) {
          const auto slope = hn::Set(d, arrays.slope[c]);
          const MapVectors<T, backward> coefficients{hn::Set(d, arrays.mean_hi[c]), slope,
                                                     hn::Set(d, arrays.offset[c]),
                                                     backward ? hn::Set(d, arrays.direct[c]) : slope};
          map_run(target, run(outer, first + c) + piece.inner, piece.length, coefficients);
        }
      }
    }
  }

  ChannelView view_;
  SumSource<T, backward> source_;
  T* out_;
  RowPlan plan_;
};

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
