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

/// Elements from i to where the next vector begins, counted from the start of the array, if a run of n is
/// long enough to gain by it: a vector that lies across two cache lines costs twice.
template <class T>
HWY_INLINE Index elements_before_vector(Index i, Index n) {
  const Index step = lanes<T>();
  return n < 6 * step ? 0 : (step - i % step) % step;
}

/// Fetches what is read `distance` elements later, where memory is read up to `end` and then from `next` on.
/// The distance is at most the length of a stretch, so that it leads into the next one and not past it.
struct FetchAhead {
  Index distance = 0, end = 0, next = 0;

  template <class Source>
  HWY_INLINE void operator()(Source source, Index i, Index n) const {
    if (distance == 0) return;
    const Index at = i + distance;
    source.fetch(at < end ? at : at - end + next, n);
  }
};

/// The lanes of a += Σ g, those of b += Σ g·d, over n elements from i on. A piece of the run is summed on its
/// own, so that no sum is a long one. Two vectors at a time: the processor works on several runs at once
/// anyway, and a run pays for each sum that it has to add up at its end.
template <class T, bool backward>
HWY_INLINE void sum_run(SumSource<T, backward> source, Index i, Index n, Vec<T> p, Vec<T>& a, Vec<T>& b,
                        FetchAhead ahead = {}) {
  const Index step = lanes<T>(), end = i + n;
  while (i < end) {
    auto a0 = hn::Zero(Vectors<T>()), a1 = a0, b0 = a0, b1 = a0;
    const Index stop = HWY_MIN(end, i + RowPlan::piece_vectors * step);
    for (; i + 2 * step <= stop; i += 2 * step) {
      ahead(source, i, 2 * step);
      source.terms(i, p).add_to(a0, b0);
      source.terms(i + step, p).add_to(a1, b1);
    }
    if (i + step <= stop) {
      source.terms(i, p).add_to(a0, b0);
      i += step;
    }
    if (i < stop) {
      source.first_terms(i, stop - i, p).add_to(a1, b1);
      i = stop;
    }
    a = hn::Add(a, hn::Add(a0, a1));
    b = hn::Add(b, hn::Add(b0, b1));
  }
}

template <class T>
HWY_INLINE T sum_of_lanes(Vec<T> v) {
  return hn::GetLane(hn::SumOfLanes(Vectors<T>(), v));
}

/// out = slope·(x − mean) + offset [ + direct·dy ] for n elements from i on.
template <class T, bool backward, bool non_temporal>
HWY_INLINE void map_run(MapTarget<T, backward, non_temporal> target, Index i, Index n,
                        MapVectors<T, backward> c) {
  const Index step = lanes<T>();
  if (n < step) {
    target.map_first(i, n, c);
    return;
  }
  // The first and the last vector overlap their neighbours, and out may be an input: they are computed before
  // anything is stored, and stored at the end.
  const Index first = i, last = i + n - step;
  const auto first_value = target.at(first, c), last_value = target.at(last, c);
  i += elements_before_vector<T>(i, n);
  const bool is_split = i != first;
  for (; i + 4 * step <= last; i += 4 * step) {
    target.map(i, c);
    target.map(i + step, c);
    target.map(i + 2 * step, c);
    target.map(i + 3 * step, c);
  }
  for (; i < last; i += step) target.map(i, c);
  if (is_split) target.store(first_value, first);
  target.store(last_value, last);
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
