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
  /// Sums read whole vectors of the tensor, so that their bits follow from the place of a run in it, too.
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
    return 3 * Workspace::bytes<T>(n) + 2 * Workspace::bytes<T>(lane_slots(n) * lanes<T>());
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
    const Index of_lanes = lane_slots(n) * lanes<T>();
    Sums s{space.take_unset<T>(n), space.take_unset<T>(n), space.take_unset<T>(n),
           space.take_unset<T>(of_lanes), space.take_unset<T>(of_lanes)};
    clear_unused(n, s);
    if constexpr (backward) {
      std::memcpy(s.pivot, mean, static_cast<size_t>(n) * sizeof(T));
    } else {
      start_pivot(tile(first_tile(chunk)), first, n, s);
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
  // Whether the runs of neighbouring channels follow each other.
  bool is_whole(RunTile piece) const { return piece.length == view_.inner; }
  Index run(Index outer, Index channel) const { return (outer * view_.channels + channel) * view_.inner; }

  // The arrays of one call of sum(): a pivot and two sums a channel, and the lanes of the sums until they are
  // added up, for a vector of channels at once.
  struct Sums {
    T *pivot, *a, *b, *lane_a, *lane_b;
  };

  // Where a tile is more than one run a channel, each channel keeps its lanes from run to run.
  bool keeps_lanes() const { return plan_.outer_step > 1; }
  Index lane_slots(Index n) const { return keeps_lanes() ? round_up(n, lanes<T>()) : lanes<T>(); }

  // The slots that complete the last vector of channels: added up with the others, they reach no channel.
  void clear_unused(Index n, Sums s) const {
    const Index step = lanes<T>(), used = n % step, slots = lane_slots(n);
    if (used == 0) return;
    const Index begin = (slots - step + used) * step;
    std::fill(s.lane_a + begin, s.lane_a + slots * step, T{0});
    std::fill(s.lane_b + begin, s.lane_b + slots * step, T{0});
  }

  // Calls body(c, slot) for n channels, and finish(c, slot) for each vector of them, which starts there.
  template <class Body, class Finish>
  HWY_INLINE void for_each_channel(Index n, Body body, Finish finish) const {
    const Index step = lanes<T>();
    for (Index c = 0; c < n; c += step) {
      const Index slot = (keeps_lanes() ? c : 0) * step;
      for (Index k = 0; k < HWY_MIN(step, n - c); ++k) body(c + k, slot + k * step);
      finish(c, slot);
    }
  }

  // a, b = the sums over the tile, which is read in the order of memory: run after run, not channel after
  // channel. What comes after it begins at `next`.
  void sum_tile(RunTile piece, Index first, Index n, const Sums& s, Index next) const {
    const Index inner = view_.inner;
    for (Index outer = piece.outer; outer < piece.outer_end; ++outer) {
      const Index begin = run(outer, first) + piece.inner;
      const Index after = outer + 1 < piece.outer_end ? run(outer + 1, first) + piece.inner : next;
      const auto sum_all = [&](auto fetch) HWY_ATTR { sum_channels(piece, outer, begin, n, s, fetch); };
      if (plan_.read_ahead == 0) {
        sum_all([](Index) HWY_ATTR { return NoFetch(); });
      } else if (is_whole(piece)) {
        const FetchAhead through_runs{HWY_MIN(plan_.read_ahead, n * inner), begin + n * inner, after};
        sum_all([=](Index) HWY_ATTR { return through_runs; });
      } else {
        const Index length = piece.length, distance = HWY_MIN(plan_.read_ahead, length);
        sum_all([=](Index c) HWY_ATTR {
          const Index i = begin + c * inner;
          return FetchAhead{distance, i + length, c + 1 < n ? i + inner : after};
        });
      }
    }
  }

  // Of one run a channel, the first at `begin`.
  template <class Fetch>
  HWY_INLINE void sum_channels(RunTile piece, Index outer, Index begin, Index n, Sums s, Fetch fetch) const {
    const Vectors<T> d;
    const SumSource<T, backward> source = source_;
    const Index inner = view_.inner, length = piece.length;
    const bool is_first = outer == piece.outer, is_last = outer + 1 == piece.outer_end;
    const auto sum_channel = [&](Index c, Index slot) HWY_ATTR {
      const Index i = begin + c * inner, before = elements_before_vector<T>(i);
      auto sums = sum_run(source, i, length, before <= length ? before : 0, hn::Set(d, s.pivot[c]), fetch(c));
      if (!is_first) sums = sums + LaneSums<T>{hn::Load(d, s.lane_a + slot), hn::Load(d, s.lane_b + slot)};
      hn::Store(sums.a, d, s.lane_a + slot);
      hn::Store(sums.b, d, s.lane_b + slot);
    };
    for_each_channel(n, sum_channel, [&](Index c, Index slot) HWY_ATTR {
      if (!is_last) return;
      hn::StoreU(sums_of_lanes(s.lane_a + slot, n - c), d, s.a + c);
      hn::StoreU(sums_of_lanes(s.lane_b + slot, n - c), d, s.b + c);
    });
  }

  // The mean of the first few elements: one alone may lie several deviations from the mean.
  void start_pivot(RunTile piece, Index first, Index n, Sums s) const {
    const Vectors<T> d;
    const Index length = HWY_MIN(piece.length, RowPlan::pivot_elements);
    const auto inverse = T{1} / static_cast<T>(length);
    const SumSource<T, false> source{source_.x, nullptr};
    const Index begin = run(piece.outer, first) + piece.inner, inner = view_.inner;
    const auto sum_channel = [&](Index c, Index slot) HWY_ATTR {
      const Index i = begin + c * inner;
      auto a = hn::Zero(d), b = a;
      s.pivot[c] = source.x[i];
      for (Index j = 0; j < length; j += lanes<T>()) {
        source.first_terms(i + j, HWY_MIN(lanes<T>(), length - j), hn::Set(d, s.pivot[c])).add_to(a, b);
      }
      hn::Store(a, d, s.lane_a + slot);
    };
    for_each_channel(n, sum_channel, [&](Index c, Index slot) HWY_ATTR {
      const auto sum = sums_of_lanes(s.lane_a + slot, n - c), start = hn::LoadU(d, s.pivot + c);
      hn::StoreU(hn::MulAdd(sum, hn::Set(d, inverse), start), d, s.pivot + c);
    });
  }

  template <bool non_temporal>
  void map_tiles(Index begin, Index end, Index first, Index n, const ChannelArrays<T>& arrays) const {
    const Vectors<T> d;
    const MapTarget<T, backward, non_temporal> target{source_.x, source_.dy, out_};
    const auto coefficients = [&](Index c) HWY_ATTR {
      const auto slope = hn::Set(d, arrays.slope[c]);
      return MapVectors<T, backward>{hn::Set(d, arrays.mean_hi[c]), slope, hn::Set(d, arrays.offset[c]),
                                     backward ? hn::Set(d, arrays.direct[c]) : slope};
    };
    for (Index t = first_tile(end); t-- > first_tile(begin);) {
      const RunTile piece = tile(t);
      for (Index outer = piece.outer; outer < piece.outer_end; ++outer) {
        if (is_whole(piece)) {
          map_runs(target, run(outer, first), view_.inner, n, coefficients);
          continue;
        }
        for (Index c = 0; c < n; ++c) {
          map_runs(target, run(outer, first + c) + piece.inner, piece.length, 1,
                   [&](Index) HWY_ATTR { return coefficients(c); });
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
