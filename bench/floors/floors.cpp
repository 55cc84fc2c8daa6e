// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/floors/floors.cpp"
#include <bench/floors/floors.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace wengert::bench::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Σ x [+ Σ dy], four vectors of each at a time. What is left over at the end is no matter for a floor.
template <class T, bool with_dy>
T sum(const T* x, const T* dy, Index begin, Index end) {
  const hn::ScalableTag<T> d;
  const Index step = static_cast<Index>(hn::Lanes(d));
  auto a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0;
  for (Index i = begin; i + 4 * step <= end; i += 4 * step) {
    a0 = hn::Add(a0, hn::LoadU(d, x + i));
    a1 = hn::Add(a1, hn::LoadU(d, x + i + step));
    a2 = hn::Add(a2, hn::LoadU(d, x + i + 2 * step));
    a3 = hn::Add(a3, hn::LoadU(d, x + i + 3 * step));
    if constexpr (with_dy) {
      a0 = hn::Add(a0, hn::LoadU(d, dy + i));
      a1 = hn::Add(a1, hn::LoadU(d, dy + i + step));
      a2 = hn::Add(a2, hn::LoadU(d, dy + i + 2 * step));
      a3 = hn::Add(a3, hn::LoadU(d, dy + i + 3 * step));
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a0, a1), hn::Add(a2, a3))));
}

template <class T, bool with_dy, bool non_temporal>
void write(const T* x, const T* dy, T* out, Index begin, Index end) {
  const hn::ScalableTag<T> d;
  const Index step = static_cast<Index>(hn::Lanes(d));
  const auto move = [&](Index i) HWY_ATTR {
    auto v = hn::LoadU(d, x + i);
    if constexpr (with_dy) v = hn::Add(v, hn::LoadU(d, dy + i));
    if constexpr (non_temporal) {
      hn::Stream(v, d, out + i);
    } else {
      hn::StoreU(v, d, out + i);
    }
  };
  Index i = begin;
  for (; i + 4 * step <= end; i += 4 * step) move(i), move(i + step), move(i + 2 * step), move(i + 3 * step);
  for (; i < end; ++i) out[i] = with_dy ? x[i] + dy[i] : x[i];
}

template <class T, bool with_dy>
void sweep(const T* x, const T* dy, T* out, Index n, Index block, bool non_temporal) {
  for (Index begin = 0; begin < n; begin += block) {
    const Index end = std::min(n, begin + block);
    volatile T kept = sum<T, with_dy>(x, dy, begin, end);
    static_cast<void>(kept);
    if (non_temporal) {
      write<T, with_dy, true>(x, dy, out, begin, end);
    } else {
      write<T, with_dy, false>(x, dy, out, begin, end);
    }
  }
}

template <class T>
void copy_one(const T* x, T* y, Index n, bool non_temporal) {
  non_temporal ? write<T, false, true>(x, nullptr, y, 0, n) : write<T, false, false>(x, nullptr, y, 0, n);
}

}  // namespace

void CopyF32(const float* x, float* y, Index n, bool nt) { copy_one(x, y, n, nt); }
void CopyF64(const double* x, double* y, Index n, bool nt) { copy_one(x, y, n, nt); }
float ReadF32(const float* x, Index n) { return sum<float, false>(x, nullptr, 0, n); }
double ReadF64(const double* x, Index n) { return sum<double, false>(x, nullptr, 0, n); }
void ForwardF32(const float* x, float* y, Index n, Index block, bool nt) {
  sweep<float, false>(x, nullptr, y, n, block, nt);
}
void ForwardF64(const double* x, double* y, Index n, Index block, bool nt) {
  sweep<double, false>(x, nullptr, y, n, block, nt);
}
void BackwardF32(const float* x, const float* dy, float* dx, Index n, Index block, bool nt) {
  sweep<float, true>(x, dy, dx, n, block, nt);
}
void BackwardF64(const double* x, const double* dy, double* dx, Index n, Index block, bool nt) {
  sweep<double, true>(x, dy, dx, n, block, nt);
}

}  // namespace wengert::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wengert::bench {

HWY_EXPORT(CopyF32);
HWY_EXPORT(CopyF64);
HWY_EXPORT(ReadF32);
HWY_EXPORT(ReadF64);
HWY_EXPORT(ForwardF32);
HWY_EXPORT(ForwardF64);
HWY_EXPORT(BackwardF32);
HWY_EXPORT(BackwardF64);

template <>
void copy(const float* x, float* y, Index n, Store store) {
  HWY_DYNAMIC_DISPATCH(CopyF32)(x, y, n, store == Store::non_temporal);
}
template <>
void copy(const double* x, double* y, Index n, Store store) {
  HWY_DYNAMIC_DISPATCH(CopyF64)(x, y, n, store == Store::non_temporal);
}
template <>
float read(const float* x, Index n) {
  return HWY_DYNAMIC_DISPATCH(ReadF32)(x, n);
}
template <>
double read(const double* x, Index n) {
  return HWY_DYNAMIC_DISPATCH(ReadF64)(x, n);
}
template <>
void sweep_forward(const float* x, float* y, Index n, Index block, Store store) {
  HWY_DYNAMIC_DISPATCH(ForwardF32)(x, y, n, block, store == Store::non_temporal);
}
template <>
void sweep_forward(const double* x, double* y, Index n, Index block, Store store) {
  HWY_DYNAMIC_DISPATCH(ForwardF64)(x, y, n, block, store == Store::non_temporal);
}
template <>
void sweep_backward(const float* x, const float* dy, float* dx, Index n, Index block, Store store) {
  HWY_DYNAMIC_DISPATCH(BackwardF32)(x, dy, dx, n, block, store == Store::non_temporal);
}
template <>
void sweep_backward(const double* x, const double* dy, double* dx, Index n, Index block, Store store) {
  HWY_DYNAMIC_DISPATCH(BackwardF64)(x, dy, dx, n, block, store == Store::non_temporal);
}

}  // namespace wengert::bench
#endif
