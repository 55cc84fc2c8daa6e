// SPDX-License-Identifier: MIT
// Runs of one channel: vectors lie along it, its coefficients fill a vector each.
#if defined(WENGERT_BATCH_NORM_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_ROWS_INL_H_
#undef WENGERT_BATCH_NORM_ROWS_INL_H_
#else
#define WENGERT_BATCH_NORM_ROWS_INL_H_
#endif

#include <layers/kernels/batch_norm_loops-inl.h>
#include <layers/kernels/batch_norm_plan.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

/// Fetches nothing: all is in cache, or one run that the hardware foresees.
struct NoFetch {
  template <class Source>
  HWY_INLINE void operator()(Source, Index, Index) const {}
};

/// Fetches what is read `distance` elements later, where memory is read up to `end` and then from `next` on.
/// The distance is at most the length of a stretch, so that it leads into the next one and not past it.
struct FetchAhead {
  Index distance, end, next;

  template <class Source>
  HWY_INLINE void operator()(Source source, Index i, Index n) const {
    const Index at = i + distance;
    source.fetch(at < end ? at : at - end + next, n);
  }
};

/// The lanes of two sums.
template <class T>
struct LaneSums {
  Vec<T> a, b;

  HWY_INLINE LaneSums operator+(const LaneSums& more) const {
    return {hn::Add(a, more.a), hn::Add(b, more.b)};
  }
};

/// `sums` and Σ g, Σ g·d over n elements from i on, a piece of a run: so few that no sum is a long one. Two
/// vectors at a time: the processor works on several runs at once anyway, and a run pays for each sum that it
/// has to add up at its end.
template <class T, class Source, class Fetch>
HWY_INLINE LaneSums<T> sum_piece(Source source, Index i, Index n, Vec<T> pivot, LaneSums<T> sums,
                                 Fetch fetch) {
  const Index step = lanes<T>(), end = i + n;
  auto a = hn::Zero(Vectors<T>()), b = a;
  for (; i + 2 * step <= end; i += 2 * step) {
    fetch(source, i, 2 * step);
    source.terms(i, pivot).add_to(a, b);
    source.terms(i + step, pivot).add_to(sums.a, sums.b);
  }
  if (i + step <= end) {
    source.terms(i, pivot).add_to(a, b);
    i += step;
  }
  if (i < end) source.first_terms(i, end - i, pivot).add_to(sums.a, sums.b);
  return sums + LaneSums<T>{a, b};
}

/// Σ g and Σ g·d over a run of any length. Its first `head` elements are the last lanes of a vector.
template <class Source, class Fetch, class T = typename Source::Element>
HWY_INLINE LaneSums<T> sum_run(Source source, Index i, Index n, Index head, Vec<T> pivot, Fetch fetch) {
  const Index longest = RowPlan::piece_vectors * lanes<T>();
  const LaneSums<T> zero{hn::Zero(Vectors<T>()), hn::Zero(Vectors<T>())};
  auto start = zero;
  if (head > 0) {
    source.last_terms(i, head, pivot).add_to(start.a, start.b);
    i += head, n -= head;
  }
  auto sums = sum_piece(source, i, HWY_MIN(n, longest), pivot, start, fetch);
  while (n > longest) {
    i += longest, n -= longest;
    sums = sums + sum_piece(source, i, HWY_MIN(n, longest), pivot, zero, fetch);
  }
  return sums;
}

/// The sums of pairs of lanes, those of `low` and then those of `high`.
template <class T>
HWY_INLINE Vec<T> add_pairs(Vec<T> low, [[maybe_unused]] Vec<T> high) {
#if HWY_TARGET == HWY_SCALAR
  return low;
#else
  return hn::Add(hn::ConcatEven(Vectors<T>(), high, low), hn::ConcatOdd(Vectors<T>(), high, low));
#endif
}
template <class T>
HWY_INLINE LaneSums<T> add_pairs(const LaneSums<T>& low, const LaneSums<T>& high) {
  return {add_pairs<T>(low.a, high.a), add_pairs<T>(low.b, high.b)};
}
template <Index n, class T>
HWY_INLINE Vec<T> add_pairs_of(const T* vectors) {
  if constexpr (n == 1) {
    return hn::Load(Vectors<T>(), vectors);
  } else {
    return add_pairs<T>(add_pairs_of<n / 2>(vectors), add_pairs_of<n / 2>(vectors + n / 2 * lanes<T>()));
  }
}

/// Lane k is the sum of the lanes of vector k, for the first n vectors: all of them at once, since an
/// instruction then serves several sums. There are as many vectors as lanes; those from n on may hold
/// anything.
template <class T>
HWY_INLINE Vec<T> sums_of_lanes(const T* vectors, Index n) {
  constexpr auto all = static_cast<Index>(hn::MaxLanes(Vectors<T>()));
  if constexpr (all > 4) {
    if (n <= 4) {
      auto sums = add_pairs_of<4>(vectors);
      for (Index lanes_each = all / 4; lanes_each > 1; lanes_each /= 2) sums = add_pairs<T>(sums, sums);
      return sums;
    }
  }
  return add_pairs_of<all>(vectors);
}

/// out = slope·(x − mean) + offset [ + direct·dy ] for n runs that follow each other from i on, `length`
/// elements each; `coefficients(k)` are those of run k. A vector that ends one run begins the next.
template <class T, bool backward, bool non_temporal, class Coefficients>
HWY_INLINE void map_runs(MapTarget<T, backward, non_temporal> target, Index i, Index length, Index n,
                         Coefficients coefficients) {
  const Index step = lanes<T>();
  if (length < step) {  // it would hold more than two
    for (Index k = 0; k < n; ++k, i += length) target.map_first(i, length, coefficients(k));
    return;
  }
  Index end = i + length;
  auto c = coefficients(0);
  if (const Index head = elements_before_vector<T>(i); head > 0) {
    target.map_last(i, head, c);
    i += head;
  }
  for (Index k = 1; k <= n; ++k, end += length) {
    for (; i + 4 * step <= end; i += 4 * step) {
      target.map(i, c);
      target.map(i + step, c);
      target.map(i + 2 * step, c);
      target.map(i + 3 * step, c);
    }
    for (; i + step <= end; i += step) target.map(i, c);
    const auto next = coefficients(HWY_MIN(k, n - 1));
    if (i < end && k < n) {
      target.map(i, join(c, end - i, next));
      i += step;
    } else if (i < end) {
      target.map_first(i, end - i, c);
    }
    c = next;
  }
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
