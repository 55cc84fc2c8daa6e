// SPDX-License-Identifier: MIT
#include <layers/kernels/batch_norm_reference.h>
#include <layers/kernels/compensated_sum.h>

#include <cmath>

namespace wengert::kernels::reference {
namespace {

// Calls visit(offset) for every element of channel c.
template <class Visit>
void for_each_element(ChannelView view, Index c, Visit visit) {
  for (Index o = 0; o < view.outer; ++o) {
    const Index row = (o * view.channels + c) * view.inner;
    for (Index i = 0; i < view.inner; ++i) visit(row + i);
  }
}

template <class T>
SplitMean<Wide<T>> split_mean(ChannelView view, Index c, const T* x) {
  using W = Wide<T>;
  const W n = static_cast<W>(view.count());
  const W shift = x[c * view.inner];
  CompensatedSum<W> shifted, rest;
  for_each_element(view, c, [&](Index i) { shifted.add(x[i] - shift); });
  const W hi = static_cast<T>(shift + shifted.total() / n);
  for_each_element(view, c, [&](Index i) { rest.add(x[i] - hi); });
  return {hi, rest.total() / n};
}

// Two passes; the square of the centred sum takes off what is left of the mean's rounding.
template <class T>
Wide<T> variance(ChannelView view, Index c, const T* x, SplitMean<Wide<T>> mean) {
  using W = Wide<T>;
  const W n = static_cast<W>(view.count());
  CompensatedSum<W> sum, squares;
  for_each_element(view, c, [&](Index i) {
    const W centred = mean.centre(x[i]);
    sum.add(centred);
    squares.add(centred * centred);
  });
  return (squares.total() - sum.total() * sum.total() / n) / n;
}

}  // namespace

template <class T>
void batch_norm_forward(ChannelView view, const T* x, const T* gamma, const T* beta, T eps, T* y,
                        BatchNormStatistics<T> statistics) {
  using W = Wide<T>;
  if (view.count() == 0) return;
  for (Index c = 0; c < view.channels; ++c) {
    const SplitMean<W> mean = split_mean(view, c, x);
    const W var = variance(view, c, x, mean);
    const W inv_std = 1 / std::sqrt(var + static_cast<W>(eps));
    statistics.mean_hi[c] = static_cast<T>(mean.hi);
    statistics.mean_lo[c] = static_cast<T>(mean.lo);
    statistics.var[c] = static_cast<T>(var);
    statistics.inv_std[c] = static_cast<T>(inv_std);
    if (y == nullptr) continue;

    const W scale = gamma == nullptr ? inv_std : inv_std * static_cast<W>(gamma[c]);
    const W offset = beta == nullptr ? 0 : beta[c];
    for_each_element(view, c, [&](Index i) { y[i] = static_cast<T>(mean.centre(x[i]) * scale + offset); });
  }
}

template <class T>
void batch_norm_backward(ChannelView view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                         const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta) {
  using W = Wide<T>;
  for (Index c = 0; c < view.channels; ++c) {
    const SplitMean<W> mean{mean_hi[c], mean_lo[c]};
    const W scale = inv_std[c];
    CompensatedSum<W> sum_dy, sum_dy_centred;
    for_each_element(view, c, [&](Index i) {
      sum_dy.add(dy[i]);
      sum_dy_centred.add(static_cast<W>(dy[i]) * mean.centre(x[i]));
    });
    if (dbeta != nullptr) dbeta[c] = static_cast<T>(sum_dy.total());
    if (dgamma != nullptr) dgamma[c] = static_cast<T>(sum_dy_centred.total() * scale);
    if (dx == nullptr) continue;

    const W n = static_cast<W>(view.count());
    const W direct = gamma == nullptr ? scale : scale * static_cast<W>(gamma[c]);
    const W mean_dy = sum_dy.total() / n;
    const W slope = sum_dy_centred.total() / n * scale * scale;
    for_each_element(view, c, [&](Index i) {
      dx[i] = static_cast<T>(direct * ((static_cast<W>(dy[i]) - mean_dy) - mean.centre(x[i]) * slope));
    });
  }
}

#define WENGERT_INSTANTIATE(T)                                                                               \
  template void batch_norm_forward(ChannelView, const T*, const T*, const T*, T, T*,                         \
                                   BatchNormStatistics<T>);                                                  \
  template void batch_norm_backward(ChannelView, const T*, const T*, const T*, const T*, const T*, const T*, \
                                    T*, T*, T*);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert::kernels::reference
