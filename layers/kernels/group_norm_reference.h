// SPDX-License-Identifier: MIT
// Group normalisation one element at a time: the measure of the fast kernels in tests, and the kernel of long
// double.
#pragma once

#include <layers/kernels/group_norm.h>

namespace wengert::kernels::reference {

/// As kernels::group_norm_forward; computed in the next wider type with compensated sums, and rounded once.
template <class T>
void group_norm_forward(const GroupView& view, const T* x, const T* gamma, const T* beta, T eps, T* y,
                        GroupNormStatistics<T> statistics);

/// As kernels::group_norm_backward; computed in the next wider type with compensated sums, and rounded once.
template <class T>
void group_norm_backward(const GroupView& view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                         const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta);

/// The terms of dx, each of the view; mean is null where mean_hi is.
template <class T>
struct GroupNormTerms {
  T *direct, *mean, *variance;
};

/// direct = g·inv_std,   mean = −inv_std·Σg/n,   variance = −inv_std·xhat·Σ(g·xhat)/n,   g = gamma·dy.
template <class T>
void group_norm_terms(const GroupView& view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                      const T* mean_lo, const T* inv_std, GroupNormTerms<T> terms);

}  // namespace wengert::kernels::reference
