// SPDX-License-Identifier: MIT
// The sweeps over columns: chunks of rows, tiles within a chunk. See batch_norm_plan.h.
#if defined(WENGERT_BATCH_NORM_COLUMN_PASS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_COLUMN_PASS_INL_H_
#undef WENGERT_BATCH_NORM_COLUMN_PASS_INL_H_
#else
#define WENGERT_BATCH_NORM_COLUMN_PASS_INL_H_
#endif

#include <layers/kernels/batch_norm_channels-inl.h>
#include <layers/kernels/batch_norm_columns-inl.h>
#include <layers/kernels/batch_norm_plan.h>
#include <layers/kernels/workspace.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

template <class T, bool backward>
class ColumnPass {
 public:
  ColumnPass(ChannelView view, SumSource<T, backward> source, T* out, const Machine& machine)
      : view_(view), source_(source), out_(out), plan_(plan_columns(view, sizeof(T), lanes<T>(), machine)) {}

  int threads() const { return plan_.threads; }
  Index chunks() const { return plan_.chunks; }
  Index pieces() const { return divide_up(HWY_MAX(plan_.rows, Index{1}), plan_.piece_rows); }
  /// Channels that one task sums.
  Index share() const {
    return HWY_MIN(view_.channels, round_up(divide_up(view_.channels, plan_.shares), 4 * lanes<T>()));
  }

  /// Bytes that sum() and map() take for n channels.
  Index sum_scratch(Index n) const {
    const Index width = width_of(n);
    return Workspace::bytes<T>(ColumnRecords<T>::elements(sum_fields, width)) +
           3 * Workspace::bytes<T>(width) + Workspace::bytes<T>(n) + 2 * Workspace::bytes<double>(n);
  }
  Index map_scratch(Index n) const {
    const Index width = width_of(n);
    return Workspace::bytes<T>(ColumnRecords<T>::elements(map_fields_of<backward>, width)) +
           (one_to_one() ? 0 : Workspace::bytes<T>(width));
  }
  Index scratch(Index n) const { return HWY_MAX(sum_scratch(n), map_scratch(n)); }

  /// Elements of one channel in a chunk.
  double count(Index chunk) const {
    const Rows rows = rows_of(chunk);
    return static_cast<double>((rows.end - rows.begin) * per_row() + (rows.last ? rest_count() : 0));
  }

  /// Sums channels [first, first + n) over a chunk; `mean` is the pivot of the backward pass.
  void sum(Index chunk, Index first, Index n, ChannelSums sums, const T* mean) const {
    const Index width = width_of(n);
    Workspace space(sum_scratch(n));
    Sweep s{n,
            width,
            {space, sum_fields, width},
            space.take_unset<T>(width),
            space.take_unset<T>(width),
            space.take_unset<T>(width),
            space.take_unset<T>(n),
            space.take_unset<double>(n),
            space.take_unset<double>(n)};
    if (one_to_one()) s.channel_pivot = s.pivot;
    const Rows rows = rows_of(chunk);
    if constexpr (backward) {
      set_pivot(s, mean);
    } else {
      start_pivot(s, rows, first);
    }
    double done = 0;
    Index row = rows.begin;
    do {
      const Index end = HWY_MIN(rows.end, row + tile_rows);
      const bool with_rest = rows.last && end == rows.end;
      sum_rows(s, row, end, with_rest, first);
      const double more = static_cast<double>((end - row) * per_row() + (with_rest ? rest_count() : 0));
      if (!backward && done < more && move_far_pivots(s, more)) sum_rows(s, row, end, with_rest, first);
      merge(s, sums, done, more);
      done += more;
      row = end;
    } while (row < rows.end);
  }

  /// Writes channels [first, first + n) of pieces [begin, end), the last first.
  void map(Index begin, Index end, Index first, Index n, const ChannelArrays<T>& arrays) const {
    if (plan_.non_temporal && plan_.width % lanes<T>() == 0 && is_aligned(out_)) {
      map_pieces<true>(begin, end, first, n, arrays);
      hwy::FlushStream();
    } else {
      map_pieces<false>(begin, end, first, n, arrays);
    }
  }

 private:
  static constexpr Index tile_rows = backward ? ColumnPlan::backward_tile_rows : ColumnPlan::tile_rows;

  struct Rows {
    Index begin, end;
    bool last;  // the rest of the tensor belongs to the last chunk
  };

  // The arrays of one call of sum(): a pivot and two sums a column; the same a channel, where a channel has
  // several.
  struct Sweep {
    Index channels, width;
    ColumnRecords<T> records;
    T *pivot, *a, *b, *channel_pivot;
    double *channel_a, *channel_b;
  };

  bool one_to_one() const { return plan_.width == view_.channels; }
  Index width_of(Index n_channels) const { return one_to_one() ? n_channels : plan_.width; }
  Index per_row() const { return plan_.repeats * view_.inner; }
  Index rest_count() const { return plan_.rest / view_.channels; }
  Rows rows_of(Index chunk) const {
    const Index begin = chunk * plan_.chunk_rows;
    return {begin, HWY_MIN(plan_.rows, begin + plan_.chunk_rows), chunk + 1 == plan_.chunks};
  }

  // Calls body(tile, column) for rows [begin, end) of columns [first, first + width): a few rows at a time,
  // and these in strips, so that what is kept for the columns of a strip stays in L1.
  template <class Body>
  HWY_INLINE void for_each_tile(Index begin, Index end, Index first, Index width, Index ahead,
                                Body body) const {
    const bool in_steps = plan_.strip < width || ahead != 0;
    const Index step_rows = in_steps ? ColumnPlan::step_rows : ColumnPlan::part_rows;
    for (Index row = begin; row < end; row += step_rows) {
      const Index rows = HWY_MIN(step_rows, end - row);
      for (Index j = 0; j < width; j += plan_.strip) {
        const Index n = HWY_MIN(plan_.strip, width - j);
        // After the last strips of these rows come the first ones of the next.
        const Index skipped = ahead != 0 && j + ahead >= width && plan_.strip < width ? rows - 1 : 0;
        body(Tile{row * plan_.width + first + j, rows, n, plan_.width, ahead + skipped * plan_.width}, j);
      }
    }
  }
  Tile rest() const { return {plan_.rows * plan_.width, 1, plan_.rest, plan_.rest, 0}; }

  // a, b = the sums over rows [begin, end), and over the rest.
  void sum_rows(const Sweep& s, Index begin, Index end, bool with_rest, Index first) const {
    s.records.put(pivot_field, s.pivot);
    s.records.put_zeros(a_field);
    s.records.put_zeros(b_field);
    std::memset(s.a, 0, static_cast<size_t>(s.width) * sizeof(T));
    std::memset(s.b, 0, static_cast<size_t>(s.width) * sizeof(T));
    const auto collect = [&]() HWY_ATTR { s.records.move(a_field, s.a), s.records.move(b_field, s.b); };
    for (Index row = begin; row < end; row += ColumnPlan::part_rows) {
      const Index stop = HWY_MIN(end, row + ColumnPlan::part_rows);
      for_each_tile(row, stop, first, s.width, plan_.sum_ahead, [&](Tile tile, Index column) HWY_ATTR {
        sum_columns(source_, tile, s.records.at(column));
      });
      collect();
    }
    if (with_rest && plan_.rest > 0) {
      sum_columns(source_, rest(), s.records.at(0));
      collect();
    }
    if (!one_to_one()) {
      fold(s.a, s.channel_a);
      fold(s.b, s.channel_b);
    }
  }

  void merge(const Sweep& s, ChannelSums sums, double done, double more) const {
    if (one_to_one()) {
      merge_from(s, s.a, s.b, sums, done, more);
    } else {
      merge_from(s, s.channel_a, s.channel_b, sums, done, more);
      if constexpr (!backward) spread(s.channel_pivot, s.pivot);
    }
  }
  template <class Sum>
  void merge_from(const Sweep& s, const Sum* a, const Sum* b, ChannelSums sums, double done,
                  double more) const {
    if constexpr (backward) {
      done == 0 ? put_tile(s.channels, sums, a, b) : add_tile(s.channels, sums, a, b);
    } else {
      merge_tile(s.channels, sums, done, more, a, b, s.channel_pivot);
    }
  }

  // The mean of the first few rows: one row alone may lie several deviations from the mean.
  void start_pivot(const Sweep& s, Rows rows, Index first) const {
    const T* row = source_.x + rows.begin * plan_.width + first;
    for (Index c = 0; c < s.channels; ++c) s.channel_pivot[c] = row[c * view_.inner];
    if (!one_to_one()) spread(s.channel_pivot, s.pivot);
    const Index end = HWY_MIN(rows.end, rows.begin + divide_up(ColumnPlan::pivot_rows, plan_.repeats));
    sum_rows(s, rows.begin, end, end == rows.begin, first);
    improve_pivot(s, static_cast<double>(end == rows.begin ? rest_count() : (end - rows.begin) * per_row()));
  }

  // From the pivot of the n elements that were summed to their mean.
  void improve_pivot(const Sweep& s, double n) const {
    if (one_to_one()) {
      move_pivot(s.channels, n, s.a, s.pivot);
    } else {
      move_pivot(s.channels, n, s.channel_a, s.channel_pivot);
      spread(s.channel_pivot, s.pivot);
    }
  }
  bool move_far_pivots(const Sweep& s, double n) const {
    if (one_to_one()) return HWY_NAMESPACE::move_far_pivots(s.channels, n, s.a, s.b, s.pivot);
    const bool moved =
        HWY_NAMESPACE::move_far_pivots(s.channels, n, s.channel_a, s.channel_b, s.channel_pivot);
    if (moved) spread(s.channel_pivot, s.pivot);
    return moved;
  }

  void set_pivot(const Sweep& s, const T* mean) const {
    if (one_to_one()) {
      std::memcpy(s.pivot, mean, static_cast<size_t>(s.channels) * sizeof(T));
    } else {
      spread(mean, s.pivot);
    }
  }

  // From channels to columns and back, in the order of the columns: repeats, channels, inner. The repeats are
  // a power of two.
  void spread(const T* channel, T* column) const {
    Index n = 0;
    for (Index c = 0; c < view_.channels; ++c) {
      for (Index i = 0; i < view_.inner; ++i) column[n++] = channel[c];
    }
    for (; n < plan_.width; n *= 2) std::memcpy(column + n, column, static_cast<size_t>(n) * sizeof(T));
  }
  void fold(T* column, double* channel) const {
    Index n = plan_.width;
    for (Index repeats = plan_.repeats; repeats > 1; repeats /= 2) {
      n /= 2;
      for (Index j = 0; j < n; ++j) column[j] += column[n + j];
    }
    for (Index c = 0; c < view_.channels; ++c) {
      channel[c] = 0;
      for (Index i = 0; i < view_.inner; ++i) channel[c] += static_cast<double>(*column++);
    }
  }

  template <bool non_temporal>
  void map_pieces(Index begin, Index end, Index first, Index n, const ChannelArrays<T>& arrays) const {
    const Index width = width_of(n);
    Workspace space(map_scratch(n));
    const ColumnRecords<T> coefficients(space, map_fields_of<backward>, width);
    T* const column = one_to_one() ? nullptr : space.take_unset<T>(width);
    const auto put = [&](Index field, const T* channel) HWY_ATTR {
      if (column != nullptr) spread(channel, column);
      coefficients.put(field, column != nullptr ? column : channel);
    };
    put(mean_field, arrays.mean_hi), put(slope_field, arrays.slope), put(offset_field, arrays.offset);
    if constexpr (backward) put(direct_field, arrays.direct);

    if (end == pieces() && plan_.rest > 0) {
      const MapTarget<T, backward, false> target{source_.x, source_.dy, out_};
      map_columns(target, rest(), false, coefficients.at(0));
    }
    const MapTarget<T, backward, non_temporal> target{source_.x, source_.dy, out_};
    for (Index piece = end; piece-- > begin;) {
      const Index row = piece * plan_.piece_rows, last = HWY_MIN(plan_.rows, row + plan_.piece_rows);
      for_each_tile(row, last, first, width, plan_.map_ahead, [&](Tile tile, Index j) HWY_ATTR {
        map_columns(target, tile, plan_.map_four_rows, coefficients.at(j));
      });
    }
  }

  ChannelView view_;
  SumSource<T, backward> source_;
  T* out_;
  ColumnPlan plan_;
};

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
