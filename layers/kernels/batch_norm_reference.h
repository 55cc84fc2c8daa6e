// SPDX-License-Identifier: MIT
// Batch normalisation one element at a time: the measure of the fast kernels in tests, and the kernel of long
// double.
#pragma once

#include <layers/kernels/batch_norm.h>

namespace wengert::kernels::reference {

/// As kernels::batch_norm_forward; computed in the next wider type with compensated sums, and rounded once.
template <class T>
void batch_norm_forward(ChannelView view, const T* x, const T* gamma, const T* beta, T eps, T* y,
                        BatchNormStatistics<T> statistics);

/// As kernels::batch_norm_backward; computed in the next wider type with compensated sums, and rounded once.
template <class T>
void batch_norm_backward(ChannelView view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                         const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta);

}  // namespace wengert::kernels::reference
