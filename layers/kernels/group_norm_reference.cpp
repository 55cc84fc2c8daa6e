// SPDX-License-Identifier: MIT
#include <layers/kernels/compensated_sum.h>
#include <layers/kernels/group_norm_reference.h>

#include <cmath>
#include <vector>

namespace wengert::kernels::reference {
namespace {

// Calls visit(offset, channel) for every element of group g of sample n.
template <class Visit>
void for_each_element(const GroupView& view, Index n, Index g, Visit visit) {
  const Index first = g * view.group_channels();
  for (Index o = 0; o < view.outer; ++o) {
    for (Index c = first; c < first + view.group_channels(); ++c) {
      const Index run = ((n * view.outer + o) * view.channels + c) * view.inner;
      for (Index i = 0; i < view.inner; ++i) visit(run + i, c);
    }
  }
}

template <class T>
SplitMean<Wide<T>> split_mean(const GroupView& view, Index n, Index g, const T* x) {
  using W = Wide<T>;
  const W count = static_cast<W>(view.count());
  const W shift = x[(n * view.outer * view.channels + g * view.group_channels()) * view.inner];
  CompensatedSum<W> shifted, rest;
  for_each_element(view, n, g, [&](Index i, Index) { shifted.add(x[i] - shift); });
  const W hi = static_cast<T>(shift + shifted.total() / count);
  for_each_element(view, n, g, [&](Index i, Index) { rest.add(x[i] - hi); });
  return {hi, rest.total() / count};
}

// Two passes; the square of the centred sum takes off what is left of the mean's rounding.
template <class T>
Wide<T> variance(const GroupView& view, Index n, Index g, const T* x, SplitMean<Wide<T>> mean,
                 bool is_centred) {
  using W = Wide<T>;
  const W count = static_cast<W>(view.count());
  CompensatedSum<W> sum, squares;
  for_each_element(view, n, g, [&](Index i, Index) {
    const W centred = mean.centre(x[i]);
    sum.add(centred);
    squares.add(centred * centred);
  });
  const W left = is_centred ? sum.total() * sum.total() / count : W{0};
  return (squares.total() - left) / count;
}

}  // namespace

template <class T>
void group_norm_forward(const GroupView& view, const T* x, const T* gamma, const T* beta, T eps, T* y,
                        GroupNormStatistics<T> statistics) {
  using W = Wide<T>;
  if (view.size() == 0) return;
  const bool is_centred = statistics.mean_hi != nullptr;
  for (Index k = 0; k < view.statistics(); ++k) {
    const Index n = k / view.groups, g = k % view.groups;
    const SplitMean<W> mean = is_centred ? split_mean(view, n, g, x) : SplitMean<W>{};
    const W var = variance(view, n, g, x, mean, is_centred);
    const W inv_std = 1 / std::sqrt(var + static_cast<W>(eps));
    if (is_centred) {
      statistics.mean_hi[k] = static_cast<T>(mean.hi);
      statistics.mean_lo[k] = static_cast<T>(mean.lo);
    }
    statistics.var[k] = static_cast<T>(var);
    statistics.inv_std[k] = static_cast<T>(inv_std);
    for_each_element(view, n, g, [&](Index i, Index c) {
      const W scale = gamma == nullptr ? inv_std : inv_std * static_cast<W>(gamma[c]);
      const W offset = beta == nullptr ? 0 : beta[c];
      y[i] = static_cast<T>(mean.centre(x[i]) * scale + offset);
    });
  }
}

namespace {

// One group in the backward pass: xhat, g = gamma·dy, and the means of g and g·xhat that take part in dx.
template <class T>
struct GroupGradient {
  using W = Wide<T>;
  const T *x, *dy, *gamma;
  SplitMean<W> mean;
  W inv_std, mean_g, mean_g_xhat;

  W xhat(Index i) const { return mean.centre(x[i]) * inv_std; }
  W g(Index i, Index c) const {
    return gamma == nullptr ? static_cast<W>(dy[i]) : static_cast<W>(dy[i]) * static_cast<W>(gamma[c]);
  }
};

template <class T>
GroupGradient<T> group_gradient(const GroupView& view, Index k, const T* x, const T* dy, const T* gamma,
                                const T* mean_hi, const T* mean_lo, const T* inv_std) {
  using W = Wide<T>;
  const bool is_centred = mean_hi != nullptr;
  GroupGradient<T> group{x, dy, gamma, {}, inv_std[k], 0, 0};
  if (is_centred) group.mean = {mean_hi[k], mean_lo[k]};
  CompensatedSum<W> sum_g, sum_g_xhat;
  for_each_element(view, k / view.groups, k % view.groups, [&](Index i, Index c) {
    sum_g.add(group.g(i, c));
    sum_g_xhat.add(group.g(i, c) * group.xhat(i));
  });
  const W count = static_cast<W>(view.count());
  if (is_centred) group.mean_g = sum_g.total() / count;
  group.mean_g_xhat = sum_g_xhat.total() / count;
  return group;
}

}  // namespace

template <class T>
void group_norm_backward(const GroupView& view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                         const T* mean_lo, const T* inv_std, T* dx, T* dgamma, T* dbeta) {
  using W = Wide<T>;
  std::vector<CompensatedSum<W>> sum_dy(static_cast<std::size_t>(view.channels)), sum_dy_xhat(sum_dy);
  for (Index k = 0; k < view.statistics(); ++k) {
    const Index n = k / view.groups, group_of = k % view.groups;
    const auto group = group_gradient(view, k, x, dy, gamma, mean_hi, mean_lo, inv_std);
    for_each_element(view, n, group_of, [&](Index i, Index c) {
      sum_dy[static_cast<std::size_t>(c)].add(dy[i]);
      sum_dy_xhat[static_cast<std::size_t>(c)].add(dy[i] * group.xhat(i));
      if (dx == nullptr) return;
      dx[i] = static_cast<T>(group.inv_std *
                             ((group.g(i, c) - group.mean_g) - group.xhat(i) * group.mean_g_xhat));
    });
  }
  const auto give = [&](const std::vector<CompensatedSum<W>>& sums, T* to) {
    for (std::size_t c = 0; to != nullptr && c < sums.size(); ++c) to[c] = static_cast<T>(sums[c].total());
  };
  give(sum_dy_xhat, dgamma);
  give(sum_dy, dbeta);
}

template <class T>
void group_norm_terms(const GroupView& view, const T* x, const T* dy, const T* gamma, const T* mean_hi,
                      const T* mean_lo, const T* inv_std, GroupNormTerms<T> terms) {
  for (Index k = 0; k < view.statistics(); ++k) {
    const auto group = group_gradient(view, k, x, dy, gamma, mean_hi, mean_lo, inv_std);
    for_each_element(view, k / view.groups, k % view.groups, [&](Index i, Index c) {
      terms.direct[i] = static_cast<T>(group.inv_std * group.g(i, c));
      if (terms.mean != nullptr) terms.mean[i] = static_cast<T>(-group.inv_std * group.mean_g);
      terms.variance[i] = static_cast<T>(-group.inv_std * group.xhat(i) * group.mean_g_xhat);
    });
  }
}

#define WENGERT_INSTANTIATE(T)                                                                          \
  template void group_norm_forward(const GroupView&, const T*, const T*, const T*, T, T*,               \
                                   GroupNormStatistics<T>);                                             \
  template void group_norm_backward(const GroupView&, const T*, const T*, const T*, const T*, const T*, \
                                    const T*, T*, T*, T*);                                              \
  template void group_norm_terms(const GroupView&, const T*, const T*, const T*, const T*, const T*,    \
                                 const T*, GroupNormTerms<T>);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert::kernels::reference
