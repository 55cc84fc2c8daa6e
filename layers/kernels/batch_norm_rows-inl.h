// SPDX-License-Identifier: MIT
// Runs of one channel: vectors lie along it, its coefficients fill a vector each.
#if defined(WENGERT_BATCH_NORM_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_ROWS_INL_H_
#undef WENGERT_BATCH_NORM_ROWS_INL_H_
#else
#define WENGERT_BATCH_NORM_ROWS_INL_H_
#endif

#include <layers/kernels/batch_norm_loops-inl.h>

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

/// The lanes of a += Σ g, those of b += Σ g·d, over n elements from i on. Four vectors at a time, as in
/// sum_columns.
template <class T, bool backward>
HWY_INLINE void sum_run(SumSource<T, backward> source, Index i, Index n, Vec<T> p, Vec<T>& a, Vec<T>& b,
                        FetchAhead ahead = {}) {
  const Vectors<T> d;
  const Index step = lanes<T>();
  auto a1 = hn::Zero(d), a2 = a1, a3 = a1, b1 = a1, b2 = a1, b3 = a1;
  const Index end = i + n;
  for (; i + 4 * step <= end; i += 4 * step) {
    ahead(source, i, 4 * step);
    source.terms(i, p).add_to(a, b);
    source.terms(i + step, p).add_to(a1, b1);
    source.terms(i + 2 * step, p).add_to(a2, b2);
    source.terms(i + 3 * step, p).add_to(a3, b3);
  }
  if (i + 2 * step <= end) {
    source.terms(i, p).add_to(a, b);
    source.terms(i + step, p).add_to(a1, b1);
    i += 2 * step;
  }
  if (i + step <= end) {
    source.terms(i, p).add_to(a2, b2);
    i += step;
  }
  if (i < end) source.first_terms(i, end - i, p).add_to(a3, b3);
  a = hn::Add(hn::Add(a, a1), hn::Add(a2, a3));
  b = hn::Add(hn::Add(b, b1), hn::Add(b2, b3));
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
