// SPDX-License-Identifier: MIT
// The two loops of batch normalisation over runs of memory; compiled once for each target.
//
// Forward and backward are the same two loops, with or without dy:
//   sums   a = Σ g, b = Σ g·d      d = x − pivot, g = d forward, g = dy backward (the pivot is then the mean)
//   map    out = slope·(x − mean) + offset  [ + direct·dy ]
// Columns hold a pivot and coefficients for every element of a row, rows one for all.
// A sum over a run that is no whole number of vectors ends in the first lanes of one, and may begin in the
// last lanes of one; how what is written ends, each map says.
#if defined(WENGERT_BATCH_NORM_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_LOOPS_INL_H_
#undef WENGERT_BATCH_NORM_LOOPS_INL_H_
#else
#define WENGERT_BATCH_NORM_LOOPS_INL_H_
#endif

#include <autodiff/shape.h>
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Vectors = hn::ScalableTag<T>;
template <class T>
using Vec = hn::Vec<Vectors<T>>;

template <class T>
HWY_INLINE Index lanes() {
  return static_cast<Index>(hn::Lanes(Vectors<T>()));
}

template <class T>
HWY_INLINE auto first_lanes(Index n) {
  return hn::FirstN(Vectors<T>(), static_cast<size_t>(n));
}
template <class T>
HWY_INLINE auto last_lanes(Index n) {
  return hn::Not(first_lanes<T>(lanes<T>() - n));
}

/// Whether non-temporal stores may write from p on, vector by vector.
template <class T>
HWY_INLINE bool is_aligned(const T* p) {
  return reinterpret_cast<std::uintptr_t>(p) % (static_cast<std::uintptr_t>(lanes<T>()) * sizeof(T)) == 0;
}

/// Whether part of a vector is loaded and stored by its mask. Elsewhere a masked access may fault on lanes
/// that it leaves out, and goes through a copy. (Those of AVX2 do not, on lanes as wide as these; under
/// AddressSanitizer Highway says that all may, and sums of AVX-512 then have other bits.)
inline constexpr bool masks_memory = !HWY_MEM_OPS_MIGHT_FAULT || HWY_TARGET == HWY_AVX2;

/// The first n elements from x on, and zeros in the other lanes: what lies beyond is not touched.
template <class T>
HWY_INLINE Vec<T> load_first(const T* x, Index n) {
  if constexpr (masks_memory) return hn::MaskedLoad(first_lanes<T>(n), Vectors<T>(), x);
  HWY_ALIGN T lane[HWY_MAX_BYTES / sizeof(T)] = {};
  std::memcpy(lane, x, static_cast<size_t>(n) * sizeof(T));
  return hn::Load(Vectors<T>(), lane);
}

/// Through a copy. Beside stores past the caches this is faster: a store by mask that misses holds them up.
template <class T>
HWY_INLINE void copy_first(Vec<T> v, T* x, Index n) {
  HWY_ALIGN T lane[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(v, Vectors<T>(), lane);
  std::memcpy(x, lane, static_cast<size_t>(n) * sizeof(T));
}

template <class T>
HWY_INLINE void store_first(Vec<T> v, T* x, Index n) {
  if constexpr (masks_memory) {
    hn::BlendedStore(v, first_lanes<T>(n), Vectors<T>(), x);
  } else {
    copy_first(v, x, n);
  }
}

/// Elements from i to where the next vector begins, counted from the start of the array: a vector that lies
/// across two cache lines costs twice. They are the last lanes of the vector that they end.
template <class T>
HWY_INLINE Index elements_before_vector(Index i) {
  return masks_memory ? (lanes<T>() - i % lanes<T>()) % lanes<T>() : 0;
}

/// n such elements, and zeros in the other lanes.
template <class T>
HWY_INLINE Vec<T> load_last(const T* x, Index n) {
  return hn::MaskedLoad(last_lanes<T>(n), Vectors<T>(), x + n - lanes<T>());
}
template <class T>
HWY_INLINE void store_last(Vec<T> v, T* x, Index n) {
  hn::BlendedStore(v, last_lanes<T>(n), Vectors<T>(), x + n - lanes<T>());
}

/// Asks for n elements from i on that will be read soon, into L2: the hardware foresees runs and not the
/// order of the sweeps, and without it memory waits.
template <class T, bool with_dy>
HWY_INLINE void fetch(const T* x, const T* dy, Index i, Index n) {
  constexpr Index line = 64 / sizeof(T);
  for (const Index end = i + n; i < end; i += line) {
    __builtin_prefetch(x + i, 0, 2);
    if (with_dy) __builtin_prefetch(dy + i, 0, 2);
  }
}

// What the first sweep reads.
template <class T, bool backward>
struct SumSource {
  const T* x;
  const T* dy;

  using Element = T;
  struct Terms {
    Vec<T> g, d;

    HWY_INLINE void add_to(Vec<T>& a, Vec<T>& b) const {
      a = hn::Add(a, g);
      b = hn::MulAdd(g, d, b);
    }
  };

  HWY_INLINE void fetch(Index i, Index n) const { HWY_NAMESPACE::fetch<T, backward>(x, dy, i, n); }
  HWY_INLINE Terms terms(Index i, Vec<T> pivot) const {
    const Vec<T> d = hn::Sub(hn::LoadU(Vectors<T>(), x + i), pivot);
    return {backward ? hn::LoadU(Vectors<T>(), dy + i) : d, d};
  }
  // Of the first n elements from i on, and zeros.
  HWY_INLINE Terms first_terms(Index i, Index n, Vec<T> pivot) const {
    const Vec<T> d = hn::IfThenElseZero(first_lanes<T>(n), hn::Sub(load_first(x + i, n), pivot));
    return {backward ? load_first(dy + i, n) : d, d};
  }
  // The same as the last lanes of a vector.
  HWY_INLINE Terms last_terms(Index i, Index n, Vec<T> pivot) const {
    const Vec<T> d = hn::IfThenElseZero(last_lanes<T>(n), hn::Sub(load_last(x + i, n), pivot));
    return {backward ? load_last(dy + i, n) : d, d};
  }
};

// One vector of each coefficient.
template <class T, bool backward>
struct MapVectors {
  Vec<T> mean, slope, offset, direct;

  HWY_INLINE Vec<T> operator()(Vec<T> x, Vec<T> dy) const {
    const Vec<T> y = hn::MulAdd(slope, hn::Sub(x, mean), offset);
    return backward ? hn::MulAdd(direct, dy, y) : y;
  }
};

/// `c` in the first n lanes and `next` in the others.
template <class T, bool backward>
HWY_INLINE MapVectors<T, backward> join(const MapVectors<T, backward>& c, Index n,
                                        const MapVectors<T, backward>& next) {
  const auto is_first = first_lanes<T>(n);
  const auto slope = hn::IfThenElse(is_first, c.slope, next.slope);
  return {hn::IfThenElse(is_first, c.mean, next.mean), slope, hn::IfThenElse(is_first, c.offset, next.offset),
          backward ? hn::IfThenElse(is_first, c.direct, next.direct) : slope};
}

// What the second sweep reads and writes; out may be x or dy.
template <class T, bool backward, bool non_temporal>
struct MapTarget {
  const T* x;
  const T* dy;
  T* out;

  using Coefficients = MapVectors<T, backward>;

  HWY_INLINE void fetch(Index i, Index n) const { HWY_NAMESPACE::fetch<T, backward>(x, dy, i, n); }
  HWY_INLINE Vec<T> at(Index i, const Coefficients& c) const {
    const Vec<T> v = hn::LoadU(Vectors<T>(), x + i);
    return c(v, backward ? hn::LoadU(Vectors<T>(), dy + i) : v);
  }
  HWY_INLINE void store(Vec<T> v, Index i) const {
    if constexpr (non_temporal) {
      hn::Stream(v, Vectors<T>(), out + i);
    } else {
      hn::StoreU(v, Vectors<T>(), out + i);
    }
  }
  HWY_INLINE void map(Index i, const Coefficients& c) const { store(at(i, c), i); }
  HWY_INLINE void map_first(Index i, Index n, const Coefficients& c) const {
    const Vec<T> v = load_first(x + i, n);
    store_first(c(v, backward ? load_first(dy + i, n) : v), out + i, n);
  }
  HWY_INLINE void map_last(Index i, Index n, const Coefficients& c) const {
    const Vec<T> v = load_last(x + i, n);
    store_last(c(v, backward ? load_last(dy + i, n) : v), out + i, n);
  }
};

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
