// SPDX-License-Identifier: MIT
#include <layers/kernels/group_norm.h>
#include <layers/kernels/group_norm_reference.h>

namespace wengert::kernels {

template <class T>
void group_norm_forward(const GroupView& view, const T* x, const T* gamma, const T* beta, T eps, T* y,
                        GroupNormStatistics<T> statistics) {
  reference::group_norm_forward(view, x, gamma, beta, eps, y, statistics);
}

template <class T>
void group_norm_backward(const GroupView& view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                         const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta) {
  reference::group_norm_backward(view, x, dy, gamma, mean_hi, mean_lo, inv_std, dx, dgamma, dbeta);
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
