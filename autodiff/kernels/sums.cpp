// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "autodiff/kernels/sums.cpp"
#include <autodiff/kernels/sums.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Sums = hn::ScalableTag<double>;
using SumVec = hn::Vec<Sums>;

// As many elements as a vector of float64 holds, multiplied in T and widened.
template <class T, bool with_factor>
struct Terms {
  const T* x;
  const T* factor;

  HWY_INLINE SumVec at(Index i) const {
    const hn::Rebind<T, Sums> d;
    auto v = hn::LoadU(d, x + i);
    if constexpr (with_factor) v = hn::Mul(v, hn::LoadU(d, factor + i));
    if constexpr (sizeof(T) == sizeof(double)) {
      return v;
    } else {
      return hn::PromoteTo(Sums(), v);
    }
  }
  HWY_INLINE double one(Index i) const { return static_cast<double>(with_factor ? x[i] * factor[i] : x[i]); }
};

// Four sums at a time hide the latency of an addition.
template <class T, bool with_factor>
double run_sum(Terms<T, with_factor> terms, Index n) {
  const Sums d;
  const Index step = static_cast<Index>(hn::Lanes(d));
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  Index i = 0;
  for (; i + 4 * step <= n; i += 4 * step) {
    s0 = hn::Add(s0, terms.at(i));
    s1 = hn::Add(s1, terms.at(i + step));
    s2 = hn::Add(s2, terms.at(i + 2 * step));
    s3 = hn::Add(s3, terms.at(i + 3 * step));
  }
  for (; i + step <= n; i += step) s0 = hn::Add(s0, terms.at(i));
  double total = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < n; ++i) total += terms.one(i);
  return total;
}

template <class T, bool with_factor>
void column_sums(Terms<T, with_factor> terms, const Index* offsets, Index rows, Index width, double* sums) {
  const Sums d;
  const Index step = static_cast<Index>(hn::Lanes(d));
  Index c = 0;
  for (; c + 4 * step <= width; c += 4 * step) {
    auto s0 = hn::LoadU(d, sums + c), s1 = hn::LoadU(d, sums + c + step);
    auto s2 = hn::LoadU(d, sums + c + 2 * step), s3 = hn::LoadU(d, sums + c + 3 * step);
    for (Index r = 0; r < rows; ++r) {
      const Index i = offsets[r] + c;
      s0 = hn::Add(s0, terms.at(i));
      s1 = hn::Add(s1, terms.at(i + step));
      s2 = hn::Add(s2, terms.at(i + 2 * step));
      s3 = hn::Add(s3, terms.at(i + 3 * step));
    }
    hn::StoreU(s0, d, sums + c), hn::StoreU(s1, d, sums + c + step);
    hn::StoreU(s2, d, sums + c + 2 * step), hn::StoreU(s3, d, sums + c + 3 * step);
  }
  for (; c + step <= width; c += step) {
    auto s = hn::LoadU(d, sums + c);
    for (Index r = 0; r < rows; ++r) s = hn::Add(s, terms.at(offsets[r] + c));
    hn::StoreU(s, d, sums + c);
  }
  for (; c < width; ++c) {
    for (Index r = 0; r < rows; ++r) sums[c] += terms.one(offsets[r] + c);
  }
}

template <class T>
double run(const T* x, const T* factor, Index n) {
  return factor == nullptr ? run_sum(Terms<T, false>{x, nullptr}, n) : run_sum(Terms<T, true>{x, factor}, n);
}

template <class T>
void columns(const T* x, const T* factor, const Index* offsets, Index rows, Index width, double* sums) {
  factor == nullptr ? column_sums(Terms<T, false>{x, nullptr}, offsets, rows, width, sums)
                    : column_sums(Terms<T, true>{x, factor}, offsets, rows, width, sums);
}

}  // namespace

double RunF32(const float* x, const float* f, Index n) { return run(x, f, n); }
double RunF64(const double* x, const double* f, Index n) { return run(x, f, n); }
void ColumnsF32(const float* x, const float* f, const Index* at, Index rows, Index width, double* sums) {
  columns(x, f, at, rows, width, sums);
}
void ColumnsF64(const double* x, const double* f, const Index* at, Index rows, Index width, double* sums) {
  columns(x, f, at, rows, width, sums);
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wengert::kernels {

HWY_EXPORT(RunF32);
HWY_EXPORT(RunF64);
HWY_EXPORT(ColumnsF32);
HWY_EXPORT(ColumnsF64);

template <>
double sum_run(const float* x, const float* factor, Index n) {
  return HWY_DYNAMIC_DISPATCH(RunF32)(x, factor, n);
}
template <>
double sum_run(const double* x, const double* factor, Index n) {
  return HWY_DYNAMIC_DISPATCH(RunF64)(x, factor, n);
}
template <>
long double sum_run(const long double* x, const long double* factor, Index n) {
  long double total = 0;
  for (Index i = 0; i < n; ++i) total += factor == nullptr ? x[i] : x[i] * factor[i];
  return total;
}

template <>
void add_columns(const float* x, const float* factor, const Index* offsets, Index rows, Index width,
                 double* sums) {
  HWY_DYNAMIC_DISPATCH(ColumnsF32)(x, factor, offsets, rows, width, sums);
}
template <>
void add_columns(const double* x, const double* factor, const Index* offsets, Index rows, Index width,
                 double* sums) {
  HWY_DYNAMIC_DISPATCH(ColumnsF64)(x, factor, offsets, rows, width, sums);
}
template <>
void add_columns(const long double* x, const long double* factor, const Index* offsets, Index rows,
                 Index width, long double* sums) {
  for (Index r = 0; r < rows; ++r) {
    for (Index i = offsets[r], c = 0; c < width; ++c, ++i) {
      sums[c] += factor == nullptr ? x[i] : x[i] * factor[i];
    }
  }
}

}  // namespace wengert::kernels
#endif
