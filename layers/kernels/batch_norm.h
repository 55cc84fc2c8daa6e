// SPDX-License-Identifier: MIT
// Batch normalisation on plain memory of the caller's: no tape, no allocation that outlives the call.
#pragma once

#include <autodiff/shape.h>

namespace wengert::kernels {

/// A contiguous tensor seen as [outer, channels, inner]: NC and NHWC have inner = 1, NCHW and [D, N] do not.
struct ChannelView {
  Index outer = 0;
  Index channels = 0;
  Index inner = 0;

  Index count() const { return outer * inner; }  ///< N: elements of one channel
};

/// What the forward pass leaves for the backward one, one value a channel: [channels] each.
/// mean_hi + mean_lo is the mean to about twice the precision of T: a mean rounded to T once would put an
/// error of |mean|·u into every centred value.
template <class T>
struct BatchNormStatistics {
  T* mean_hi;
  T* mean_lo;
  T* var;      ///< divides by N
  T* inv_std;  ///< 1/√(var + eps)
};

/// y = gamma·(x − mean)·inv_std + beta.   x, y: [outer, channels, inner].   gamma, beta: [channels] or null
/// (1, 0). x is centred before it is scaled, so a constant channel gives y = beta exactly. y may be x, or
/// null for the statistics alone.
template <class T>
void batch_norm_forward(ChannelView view, const T* x, const T* gamma, const T* beta, T eps, T* y,
                        BatchNormStatistics<T> statistics);

/// dx = inv_std·(g − Σg/N − xhat·Σ(g·xhat)/N), g = gamma·dy;   dgamma = Σ dy·xhat;   dbeta = Σ dy.
/// x, dy, dx: [outer, channels, inner].   dgamma, dbeta: [channels].   Each of the three outputs may be null.
/// dx may be dy. (docs/batch_norm.md, eq. 9 to 11)
template <class T>
void batch_norm_backward(ChannelView view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                         const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta);

}  // namespace wengert::kernels
