// SPDX-License-Identifier: MIT
// Tiles of columns: vectors lie across the channels.
#if defined(WENGERT_BATCH_NORM_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_COLUMNS_INL_H_
#undef WENGERT_BATCH_NORM_COLUMNS_INL_H_
#else
#define WENGERT_BATCH_NORM_COLUMNS_INL_H_
#endif

#include <layers/kernels/batch_norm_loops-inl.h>
#include <layers/kernels/batch_norm_plan.h>
#include <layers/kernels/workspace.h>

#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// A few values for every column. Those of one vector of columns stand side by side: a sweep then reads them
/// as one stream of memory, where an array each would compete with the rows for the same sets of the cache.
template <class T>
class ColumnRecords {
 public:
  ColumnRecords(Workspace& space, Index fields, Index width)
      : fields_(fields), width_(width), values_(space.take_unset<T>(elements(fields, width))) {}

  static Index elements(Index fields, Index width) { return fields * round_up(width, lanes<T>()); }

  /// The values of column j, which starts a vector.
  T* at(Index j) const { return values_ + j * fields_; }

  // `values` are padded to whole vectors, like all of a Workspace.
  void put(Index field, const T* values) const {
    const Vectors<T> d;
    each(field, [&](Index j, T* at) HWY_ATTR { hn::Store(hn::LoadU(d, values + j), d, at); });
  }
  void put_zeros(Index field) const {
    const Vectors<T> d;
    each(field, [&](Index, T* at) HWY_ATTR { hn::Store(hn::Zero(d), d, at); });
  }
  /// Adds the values to `sums` and makes them 0.
  void move(Index field, T* sums) const {
    const Vectors<T> d;
    each(field, [&](Index j, T* at) HWY_ATTR {
      hn::StoreU(hn::Add(hn::LoadU(d, sums + j), hn::Load(d, at)), d, sums + j);
      hn::Store(hn::Zero(d), d, at);
    });
  }

 private:
  template <class Body>
  HWY_INLINE void each(Index field, Body body) const {
    const Index step = lanes<T>();
    T* value = values_ + field * step;
    for (Index j = 0; j < width_; j += step, value += fields_ * step) body(j, value);
  }

  Index fields_, width_;
  T* values_;
};

/// rows x width elements, the first at `begin`, rows `stride` apart. What is read `ahead` elements later is
/// fetched, if it is not 0.
struct Tile {
  Index begin, rows, width, stride, ahead;
};

/// What the first sweep keeps for a column.
enum SumField : Index { pivot_field, a_field, b_field, sum_fields };

/// One vector of columns in the first sweep.
template <class T>
struct ColumnSums {
  Vec<T> pivot, a, b;

  HWY_INLINE void load(const T* record) {
    const Vectors<T> d;
    pivot = hn::Load(d, record + pivot_field * lanes<T>());
    a = hn::Load(d, record + a_field * lanes<T>()), b = hn::Load(d, record + b_field * lanes<T>());
  }
  HWY_INLINE void store(T* record) const {
    hn::Store(a, Vectors<T>(), record + a_field * lanes<T>());
    hn::Store(b, Vectors<T>(), record + b_field * lanes<T>());
  }
  /// a += Σ g, b += Σ g·d over four rows, or over one. `terms(i)` are those of the row that starts at i.
  template <bool four_rows, class Terms>
  HWY_INLINE void add(Index i, Index stride, Terms terms) {
    if constexpr (four_rows) {
      const auto t0 = terms(i, pivot), t1 = terms(i + stride, pivot);
      const auto t2 = terms(i + 2 * stride, pivot), t3 = terms(i + 3 * stride, pivot);
      a = hn::Add(a, hn::Add(hn::Add(t0.g, t1.g), hn::Add(t2.g, t3.g)));
      const auto products = hn::MulAdd(t1.g, t1.d, hn::Mul(t0.g, t0.d));
      b = hn::Add(b, hn::MulAdd(t3.g, t3.d, hn::MulAdd(t2.g, t2.d, products)));
    } else {
      terms(i, pivot).add_to(a, b);
    }
  }
};

template <class T, bool four_rows, class Terms>
HWY_INLINE void add_rows(T* record, Index i, Index stride, Terms terms) {
  ColumnSums<T> sums;
  sums.load(record);
  sums.template add<four_rows>(i, stride, terms);
  sums.store(record);
}

template <bool four_rows, class T, bool backward>
HWY_INLINE void sum_rows_of_columns(SumSource<T, backward> source, Tile tile, T* record) {
  const Index step = lanes<T>(), rows = four_rows ? 4 : 1;
  Index i = tile.begin;
  const Index whole = i + tile.width / step * step, rest = tile.width % step;
  for (; i < whole; i += step, record += sum_fields * step) {
    if (tile.ahead != 0) {
      for (Index r = 0; r < rows; ++r) source.fetch(i + r * tile.stride + tile.ahead, step);
    }
    add_rows<T, four_rows>(record, i, tile.stride,
                           [&](Index at, Vec<T> pivot) HWY_ATTR { return source.terms(at, pivot); });
  }
  if (rest == 0) return;
  add_rows<T, four_rows>(record, i, tile.stride, [&](Index at, Vec<T> pivot) HWY_ATTR {
    return source.first_terms(at, rest, pivot);
  });
}

/// sum_columns() for a tile of few whole vectors of columns, in registers (as many as there are) from its
/// first row to its last: what is stored on the way would hold up loads from other rows, whose addresses end
/// alike.
template <Index vectors, class T, bool backward>
HWY_INLINE void sum_few_columns(SumSource<T, backward> source, Tile tile, T* record) {
  const Index step = lanes<T>(), fields = sum_fields * step;
  const auto terms = [&](Index at, Vec<T> pivot) HWY_ATTR { return source.terms(at, pivot); };
  ColumnSums<T> sums[static_cast<size_t>(vectors)];
  const auto each = [&](auto body) HWY_ATTR {
    for (Index v = 0; v < vectors; ++v) body(sums[static_cast<size_t>(v)], v);
  };
  each([&](ColumnSums<T>& s, Index v) HWY_ATTR { s.load(record + v * fields); });
  Index row = 0, i = tile.begin;
  for (; row + 4 <= tile.rows; row += 4, i += 4 * tile.stride) {
    each([&](ColumnSums<T>& s, Index v) HWY_ATTR { s.template add<true>(i + v * step, tile.stride, terms); });
  }
  for (; row < tile.rows; ++row, i += tile.stride) {
    each([&](ColumnSums<T>& s, Index v)
             HWY_ATTR { s.template add<false>(i + v * step, tile.stride, terms); });
  }
  each([&](ColumnSums<T>& s, Index v) HWY_ATTR { s.store(record + v * fields); });
}

/// Calls body with the number of vectors of columns of a tile as a constant, for those widths that narrow
/// tensors are joined to, and 64 and 128 channels; whether it is one. From memory, with rows to fetch, there
/// is nothing to gain.
template <class T, class Body>
HWY_INLINE bool with_few_columns(const Tile& tile, Body body) {
  const Index step = lanes<T>();
  if (tile.ahead != 0) return false;
  if (tile.width == 4 * step) return body(std::integral_constant<Index, 4>()), true;
  if (tile.width == 6 * step) return body(std::integral_constant<Index, 6>()), true;
  if (tile.width == 8 * step) return body(std::integral_constant<Index, 8>()), true;
  return false;
}

/// The sums of the records += those of the rows of the tile, which starts at their column. Four rows at once,
/// each from its beginning to its end, are few enough runs for the hardware to foresee, and enough work for a
/// load and a store of the sums.
template <class T, bool backward>
HWY_INLINE void sum_columns(SumSource<T, backward> source, Tile tile, T* record) {
  const auto sum_few = [=](auto vectors) HWY_ATTR { sum_few_columns<vectors>(source, tile, record); };
  if (with_few_columns<T>(tile, sum_few)) return;
  Index row = 0;
  for (; row + 4 <= tile.rows; row += 4, tile.begin += 4 * tile.stride) {
    sum_rows_of_columns<true>(source, tile, record);
  }
  for (; row < tile.rows; ++row, tile.begin += tile.stride) {
    sum_rows_of_columns<false>(source, tile, record);
  }
}

/// What the second sweep keeps for a column; direct in the backward pass only.
enum MapField : Index { mean_field, slope_field, offset_field, direct_field, map_fields };

template <bool backward>
inline constexpr Index map_fields_of = backward ? map_fields : direct_field;

template <class T, bool backward>
HWY_INLINE MapVectors<T, backward> load_coefficients(const T* record) {
  const Vectors<T> d;
  const Index step = lanes<T>();
  const auto slope = hn::Load(d, record + slope_field * step);
  return {hn::Load(d, record + mean_field * step), slope, hn::Load(d, record + offset_field * step),
          backward ? hn::Load(d, record + direct_field * step) : slope};
}

/// out = slope·(x − mean) + offset [ + direct·dy ] for one row, four vectors of it at a time: ordinary stores
/// and those past the caches both want the order of memory.
template <class T, bool backward, bool non_temporal>
HWY_INLINE void map_row_of_columns(MapTarget<T, backward, non_temporal> target, Tile tile, const T* record) {
  const Index step = lanes<T>();
  const auto next = [&]() HWY_ATTR {
    const auto c = load_coefficients<T, backward>(record);
    record += map_fields_of<backward> * step;
    return c;
  };
  Index i = tile.begin;
  const Index end = i + tile.width;
  for (; i + 4 * step <= end; i += 4 * step) {
    if (tile.ahead != 0) target.fetch(i + tile.ahead, 4 * step);
    const auto v0 = target.at(i, next()), v1 = target.at(i + step, next());
    const auto v2 = target.at(i + 2 * step, next()), v3 = target.at(i + 3 * step, next());
    target.store(v0, i), target.store(v1, i + step);
    target.store(v2, i + 2 * step), target.store(v3, i + 3 * step);
  }
  for (; i + step <= end; i += step) target.map(i, next());
  if (i < end) target.map_first(i, end - i, next());
}

/// The same for four rows under one load of the coefficients: faster where all is in L1 or L2.
template <class T, bool backward, bool non_temporal>
HWY_INLINE void map_four_rows_of_columns(MapTarget<T, backward, non_temporal> target, Tile tile,
                                         const T* record) {
  const Index step = lanes<T>(), fields = map_fields_of<backward> * step, stride = tile.stride;
  Index i = tile.begin;
  const Index end = i + tile.width;
  for (; i + step <= end; i += step, record += fields) {
    const auto c = load_coefficients<T, backward>(record);
    target.map(i, c), target.map(i + stride, c), target.map(i + 2 * stride, c), target.map(i + 3 * stride, c);
  }
  if (i == end) return;
  const auto c = load_coefficients<T, backward>(record);
  for (Index r = 0; r < 4; ++r) target.map_first(i + r * stride, end - i, c);
}

/// A row after the other of few whole vectors of columns, with their coefficients in registers.
template <Index vectors, class T, bool backward, bool non_temporal>
HWY_INLINE void map_few_columns(MapTarget<T, backward, non_temporal> target, Tile tile, const T* records) {
  const Index step = lanes<T>(), fields = map_fields_of<backward> * step;
  MapVectors<T, backward> c[static_cast<size_t>(vectors)];
  for (Index v = 0; v < vectors; ++v) {
    c[static_cast<size_t>(v)] = load_coefficients<T, backward>(records + v * fields);
  }
  for (Index row = 0, i = tile.begin; row < tile.rows; ++row, i += tile.stride) {
    for (Index v = 0; v < vectors; ++v) target.map(i + v * step, c[static_cast<size_t>(v)]);
  }
}

template <class T, bool backward, bool non_temporal>
HWY_INLINE void map_columns(MapTarget<T, backward, non_temporal> target, Tile tile, bool four_rows,
                            const T* records) {
  const auto map_few = [=](auto vectors) HWY_ATTR { map_few_columns<vectors>(target, tile, records); };
  if (with_few_columns<T>(tile, map_few)) return;
  Index row = 0;
  for (; four_rows && row + 4 <= tile.rows; row += 4, tile.begin += 4 * tile.stride) {
    map_four_rows_of_columns(target, tile, records);
  }
  for (; row < tile.rows; ++row, tile.begin += tile.stride) map_row_of_columns(target, tile, records);
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
