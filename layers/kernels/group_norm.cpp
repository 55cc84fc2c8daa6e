// SPDX-License-Identifier: MIT
// The fast kernels: one entry a type for every target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/group_norm.cpp"
#include <autodiff/kernels/scratch.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <layers/kernels/group_norm.h>
#include <layers/kernels/group_norm_channel_pass-inl.h>
#include <layers/kernels/group_norm_reference.h>
#include <layers/kernels/group_norm_row_pass-inl.h>

#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void forward(const GroupView& view, const T* x, const T* gamma, const T* beta, T eps, T* y,
             GroupNormStatistics<T> s) {
  const Machine machine = this_machine();
  const GroupArrays<T> arrays{x,         nullptr, gamma,     beta,    y,       s.mean_hi,
                              s.mean_lo, s.var,   s.inv_std, nullptr, nullptr, eps};
  if (use_rows(view)) {
    GroupRowPass<T, false>(view, arrays, machine).run_forward();
  } else {
    GroupChannelPass<T, false>(view, arrays, machine).run();
  }
}

template <class T>
void backward(const GroupView& view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
              const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta) {
  const Machine machine = this_machine();
  // The statistics are written in the forward pass only.
  const GroupArrays<T> arrays{x,
                              dy,
                              gamma,
                              nullptr,
                              dx,
                              const_cast<T*>(mean_hi),
                              const_cast<T*>(mean_lo),
                              nullptr,
                              const_cast<T*>(inv_std),
                              dgamma,
                              dbeta,
                              T{0}};
  if (use_rows(view)) {
    GroupRowPass<T, true>(view, arrays, machine).run_backward();
  } else {
    GroupChannelPass<T, true>(view, arrays, machine).run();
  }
}

}  // namespace

void GroupForwardF32(const GroupView& view, const float* x, const float* gamma, const float* beta, float eps,
                     float* y, GroupNormStatistics<float> s) {
  forward(view, x, gamma, beta, eps, y, s);
}
void GroupForwardF64(const GroupView& view, const double* x, const double* gamma, const double* beta,
                     double eps, double* y, GroupNormStatistics<double> s) {
  forward(view, x, gamma, beta, eps, y, s);
}
void GroupBackwardF32(const GroupView& view, const float* x, const float* dy, const float* gamma,
                      const float* hi, const float* lo, const float* inv_std, float* dx, float* dgamma,
                      float* dbeta) {
  backward(view, x, dy, gamma, hi, lo, inv_std, dx, dgamma, dbeta);
}
void GroupBackwardF64(const GroupView& view, const double* x, const double* dy, const double* gamma,
                      const double* hi, const double* lo, const double* inv_std, double* dx, double* dgamma,
                      double* dbeta) {
  backward(view, x, dy, gamma, hi, lo, inv_std, dx, dgamma, dbeta);
}

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wengert::kernels {

HWY_EXPORT(GroupForwardF32);
HWY_EXPORT(GroupForwardF64);
HWY_EXPORT(GroupBackwardF32);
HWY_EXPORT(GroupBackwardF64);

namespace {

// What no layer asks for: RMS normalisation of channels with more than one element. And long double.
template <class T>
bool is_plain(const GroupView& view, const T* mean_hi) {
  return std::is_same_v<T, long double> || view.size() == 0 ||
         (mean_hi == nullptr && view.outer * view.inner != 1);
}

}  // namespace

template <class T>
void group_norm_forward(const GroupView& view, const T* x, const T* gamma, const T* beta, T eps, T* y,
                        GroupNormStatistics<T> statistics) {
  if (is_plain(view, statistics.mean_hi)) {
    if (account_only()) return;
    reference::group_norm_forward(view, x, gamma, beta, eps, y, statistics);
  } else if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(GroupForwardF32)(view, x, gamma, beta, eps, y, statistics);
  } else if constexpr (std::is_same_v<T, double>) {
    HWY_DYNAMIC_DISPATCH(GroupForwardF64)(view, x, gamma, beta, eps, y, statistics);
  }
}

template <class T>
void group_norm_backward(const GroupView& view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                         const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta) {
  if (is_plain(view, mean_hi)) {
    if (account_only()) return;
    reference::group_norm_backward(view, x, dy, gamma, mean_hi, mean_lo, inv_std, dx, dgamma, dbeta);
  } else if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(GroupBackwardF32)(view, x, dy, gamma, mean_hi, mean_lo, inv_std, dx, dgamma, dbeta);
  } else if constexpr (std::is_same_v<T, double>) {
    HWY_DYNAMIC_DISPATCH(GroupBackwardF64)(view, x, dy, gamma, mean_hi, mean_lo, inv_std, dx, dgamma, dbeta);
  }
}

#define WENGERT_INSTANTIATE(T)                                                                          \
  template void group_norm_forward(const GroupView&, const T*, const T*, const T*, T, T*,               \
                                   GroupNormStatistics<T>);                                             \
  template void group_norm_backward(const GroupView&, const T*, const T*, const T*, const T*, const T*, \
                                    const T*, T*, T*, T*);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert::kernels
#endif
