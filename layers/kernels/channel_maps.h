// SPDX-License-Identifier: MIT
// Elementwise loops whose coefficients belong to the channel, on plain memory of the caller's: batch
// normalisation with statistics that are known, and what relu behind it lets through.
#pragma once

#include <layers/kernels/batch_norm.h>

namespace wengert::kernels {

/// z = (x − mean_hi − mean_lo)·gamma·inv_std + beta. Arrays of one value a channel: [channels] each.
template <class T>
struct ChannelAffine {
  const T* mean_hi;
  const T* mean_lo;  ///< null: 0
  const T* inv_std;
  const T* gamma;  ///< null: 1
  const T* beta;   ///< null: 0
};

/// y = z.   x, y: [outer, channels, inner]; y may be x.
template <class T>
void channel_affine(ChannelView view, const T* x, ChannelAffine<T> z, T* y);

/// y = max(z, 0), NaN where z is NaN.   y may be x.
template <class T>
void channel_affine_relu(ChannelView view, const T* x, ChannelAffine<T> z, T* y);

/// out = 0 where z <= 0, else dy: z is computed again, so nothing of the size of x is kept for it. By the
/// same arithmetic as in channel_affine_relu.   out may be dy.
template <class T>
void channel_relu_gate(ChannelView view, const T* x, ChannelAffine<T> z, const T* dy, T* out);

/// dx = gamma·inv_std·dy.   dx may be dy.
template <class T>
void channel_scale(ChannelView view, const T* gamma, const T* inv_std, const T* dy, T* dx);

}  // namespace wengert::kernels
