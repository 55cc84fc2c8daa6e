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
  Index block() const { return plan_.split_chunks ? 1 : plan_.group; }
  bool resident() const { return !plan_.split_chunks; }

  /// Elements of one channel in a chunk.
  double count(Index chunk) const {
    Index n = 0;
    for (Index t = first_tile(chunk); t < first_tile(chunk + 1); ++t) n += tile(t).count();
    return static_cast<double>(n);
  }

  /// Sums channels [first, first + n) over a chunk; `mean` is the pivot of the backward pass.
  void sum(Index chunk, Index first, Index n, ChannelSums sums, const T* mean) const {
    const Index step = lanes<T>();
    Workspace space(3 * Workspace::bytes<T>(n) + 2 * Workspace::bytes<T>(n * step));
    T* pivot = space.take<T>(n);
    T* a = space.take<T>(n);
    T* b = space.take<T>(n);
    T* lane_a = space.take<T>(n * step);
    T* lane_b = space.take<T>(n * step);
    if constexpr (backward) {
      std::memcpy(pivot, mean, static_cast<size_t>(n) * sizeof(T));
    } else {
      start_pivot(tile(first_tile(chunk)), first, n, pivot, lane_a, lane_b);
    }
    double done = 0;
    for (Index t = first_tile(chunk); t < first_tile(chunk + 1); ++t) {
      const RunTile piece = tile(t);
      const double more = static_cast<double>(piece.count());
      const auto sum_tile = [&] HWY_ATTR {
        for (Index outer = piece.outer; outer < piece.outer_end; ++outer) {
          for (Index c = 0; c < n; ++c) {
            sum_run(source_, run(outer, first + c) + piece.inner, piece.length, pivot[c], lane_a + c * step,
                    lane_b + c * step);
          }
        }
        for (Index c = 0; c < n; ++c) {
          a[c] = take_sum(lane_a + c * step);
          b[c] = take_sum(lane_b + c * step);
        }
      };
      sum_tile();
      if constexpr (backward) {
        add_tile(n, sums, a, b);
      } else {
        if (done == 0 && pivot_is_far(n, more, a, b)) {
          move_pivot(n, more, a, pivot);
          sum_tile();
        }
        merge_tile(n, sums, done, more, a, b, pivot);
      }
      done += more;
    }
  }

  /// Writes channels [first, first + n) of a chunk, last tile first.
  void map(Index chunk, Index first, Index n, const ChannelArrays<T>& arrays) const {
    if (plan_.non_temporal && view_.inner % lanes<T>() == 0 && is_aligned(out_)) {
      map_tiles<true>(chunk, first, n, arrays);
    } else {
      map_tiles<false>(chunk, first, n, arrays);
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
  static bool is_aligned(const T* p) {
    return reinterpret_cast<std::uintptr_t>(p) % (static_cast<std::uintptr_t>(lanes<T>()) * sizeof(T)) == 0;
  }

  // The mean of the first few elements: one alone may lie several deviations from the mean.
  void start_pivot(RunTile piece, Index first, Index n, T* pivot, T* lane_a, T* lane_b) const {
    const Index length = HWY_MIN(piece.length, RowPlan::pivot_elements);
    const auto inverse = T{1} / static_cast<T>(length);
    const SumSource<T, false> source{source_.x, nullptr};
    for (Index c = 0; c < n; ++c) {
      const Index i = run(piece.outer, first + c) + piece.inner;
      sum_run(source, i, length, source_.x[i], lane_a, lane_b);
      pivot[c] = source_.x[i] + take_sum(lane_a) * inverse;
      take_sum(lane_b);
    }
  }

  // The sum of the lanes, which start from 0 again.
  static T take_sum(T* lane) {
    const Vectors<T> d;
    const T sum = hn::GetLane(hn::SumOfLanes(d, hn::Load(d, lane)));
    hn::Store(hn::Zero(d), d, lane);
    return sum;
  }

  template <bool non_temporal>
  void map_tiles(Index chunk, Index first, Index n, const ChannelArrays<T>& arrays) const {
    const Vectors<T> d;
    const MapTarget<T, backward, non_temporal> target{source_.x, source_.dy, out_};
    for (Index t = first_tile(chunk + 1); t-- > first_tile(chunk);) {
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
