// SPDX-License-Identifier: MIT
// Layer, RMS, group and instance normalisation on plain memory of the caller's: one function for all four.
#pragma once

#include <autodiff/shape.h>

namespace wengert::kernels {

/// A contiguous tensor seen as [batch, outer, channels, inner]. The channels fall into `groups` runs of
/// neighbours; a group of one sample is normalised by itself, and gamma and beta have one value a channel.
///   layer and RMS norm of [N, D]   batch = N, channels = D, groups = 1
///   group norm of NCHW             batch = N, channels = C, inner = H·W
///   group norm of NHWC             batch = N, outer = H·W, channels = C
///   instance norm                  as group norm, groups = C
struct GroupView {
  Index batch = 0;
  Index outer = 1;
  Index channels = 0;
  Index inner = 1;
  Index groups = 1;

  Index group_channels() const { return channels / groups; }
  Index count() const { return outer * group_channels() * inner; }  ///< n: elements of one group
  Index statistics() const { return batch * groups; }
  Index size() const { return batch * outer * channels * inner; }
};

/// What the forward pass leaves for the backward one: [batch, groups] each. mean_hi + mean_lo is the mean to
/// about twice the precision of T. Where mean_hi is null the mean is taken to be 0, and var is the mean
/// square: RMS normalisation.
template <class T>
struct GroupNormStatistics {
  T* mean_hi;
  T* mean_lo;
  T* var;      ///< divides by n
  T* inv_std;  ///< 1/√(var + eps)
};

/// y = gamma·(x − mean)·inv_std + beta.   x, y: the view.   gamma, beta: [channels] or null (1, 0). x is
/// centred before it is scaled, so a constant group gives y = beta exactly. y may be x.
template <class T>
void group_norm_forward(const GroupView& view, const T* x, const T* gamma, const T* beta, T eps, T* y,
                        GroupNormStatistics<T> statistics);

/// dx = inv_std·(g − Σg/n − xhat·Σ(g·xhat)/n), g = gamma·dy, without the second term where mean_hi is null;
/// dgamma = Σ dy·xhat;   dbeta = Σ dy.   x, dy, dx: the view.   dgamma, dbeta: [channels].   Each of the
/// three outputs may be null. dx may be dy. (docs/group_norm.md, eq. 5 to 7)
template <class T>
void group_norm_backward(const GroupView& view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                         const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta);

}  // namespace wengert::kernels
