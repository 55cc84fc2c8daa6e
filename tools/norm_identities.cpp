// SPDX-License-Identifier: MIT
#include <tools/norm_identities.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wengert {
namespace {

struct SliceSums {
  long double n = 0, mean = 0, var = 0;
  long double dx = 0, dx_xhat = 0, g_xhat = 0;
  long double terms = 0, terms_xhat = 0;
};

Index inner_of(const Shape& x, int axis) {
  Index inner = 1;
  for (int a = axis + 1; a < x.rank(); ++a) inner *= x[a];
  return inner;
}

template <class T>
std::vector<SliceSums> sums_of(const NormLayout& layout, const Tensor<T>& x, const Tensor<T>& gamma,
                               const Tensor<T>& dy, const Tensor<T>& dx) {
  std::vector<SliceSums> sums(static_cast<std::size_t>(layout.slices));
  const auto slice = [&](Index i) -> SliceSums& { return sums[static_cast<std::size_t>(layout.slice(i))]; };
  for (Index i = 0; i < x.size(); ++i) {
    slice(i).n += 1;
    slice(i).mean += static_cast<long double>(x[i]);
  }
  for (SliceSums& s : sums) s.mean = s.n > 0 ? s.mean / s.n : 0;
  const auto centred = [&](Index i) {
    return static_cast<long double>(x[i]) - (layout.centred ? slice(i).mean : 0.0L);
  };
  for (Index i = 0; i < x.size(); ++i) slice(i).var += centred(i) * centred(i) / slice(i).n;
  for (Index i = 0; i < x.size(); ++i) {
    SliceSums& s = slice(i);
    const long double inv_std = 1 / std::sqrt(s.var + static_cast<long double>(layout.eps));
    const long double xhat = centred(i) * inv_std;
    const long double g =
        static_cast<long double>(gamma[layout.parameter(i)]) * static_cast<long double>(dy[i]);
    s.dx += static_cast<long double>(dx[i]);
    s.dx_xhat += static_cast<long double>(dx[i]) * xhat;
    s.g_xhat += g * xhat;
    s.terms += std::abs(g) * inv_std;
    s.terms_xhat += std::abs(g * xhat) * inv_std;
  }
  return sums;
}

// Relative to the terms, the worst slice; what is left open grows with |mean| / deviation, by which rounding
// x moves xhat.
void raise(IdentityRow& row, long double off, long double terms, long double condition, double u) {
  const auto error = static_cast<double>(off == 0 ? 0 : std::abs(off) / terms);
  const auto allowance = static_cast<double>(64 * u * std::max(1.0L, condition));
  const bool worse = !(error / allowance <= row.error / row.allowance);
  if (row.allowance > 0 && !worse) return;
  row.error = error;
  row.allowance = allowance;
}

}  // namespace

template <class T>
Identities<T> norm_identities(std::function<NormLayout(const Shape& x)> layout_of) {
  return [layout_of](std::span<const Tensor<T>> inputs, const Tensor<T>& dy,
                     std::span<const Tensor<T>> gradients) {
    constexpr double u = std::numeric_limits<T>::epsilon() / 2.0;
    const NormLayout layout = layout_of(inputs[0].shape());
    const auto eps = static_cast<long double>(layout.eps);
    IdentityRow sum{.text = "Σ dx = 0", .of = "dx"};
    IdentityRow along{.text = "Σ dx·xhat = inv_std·eps/(var + eps)·Σ g·xhat", .of = "dx"};
    for (const SliceSums& s : sums_of(layout, inputs[0], inputs[1], dy, gradients[0])) {
      if (!std::isfinite(s.dx) || !std::isfinite(s.terms)) continue;  // for judge_agreement() to see
      const long double inv_std = 1 / std::sqrt(s.var + eps);
      const long double condition = std::abs(s.mean) * inv_std;
      raise(sum, s.dx, s.terms, condition, u);
      raise(along, s.dx_xhat - inv_std * eps / (s.var + eps) * s.g_xhat, s.terms_xhat, condition, u);
    }
    std::vector<IdentityRow> rows;
    if (layout.centred) rows.push_back(std::move(sum));
    rows.push_back(std::move(along));
    return rows;
  };
}

NormLayout channel_layout(const Shape& x, int channel_axis, double eps) {
  const int axis = resolve_axis("norm_identities", channel_axis, x.rank());
  const auto channel = [inner = inner_of(x, axis), n = x[axis]](Index i) { return i / inner % n; };
  return {.slices = x[axis], .slice = channel, .parameter = channel, .eps = eps};
}

NormLayout trailing_layout(const Shape& x, int axes, double eps, bool centred) {
  const Index size = inner_of(x, x.rank() - axes - 1);
  return {.slices = x.size() / std::max<Index>(size, 1),
          .slice = [size](Index i) { return i / size; },
          .parameter = [size](Index i) { return i % size; },
          .eps = eps,
          .centred = centred};
}

NormLayout group_layout(const Shape& x, int channel_axis, Index groups, double eps) {
  const int axis = resolve_axis("norm_identities", channel_axis, x.rank());
  const auto channel = [inner = inner_of(x, axis), n = x[axis]](Index i) { return i / inner % n; };
  const Index sample = x.size() / std::max<Index>(x[0], 1), width = x[axis] / groups;
  return {.slices = x[0] * groups,
          .slice = [=](Index i) { return i / sample * groups + channel(i) / width; },
          .parameter = channel,
          .eps = eps};
}

template Identities<float> norm_identities(std::function<NormLayout(const Shape&)>);
template Identities<double> norm_identities(std::function<NormLayout(const Shape&)>);

}  // namespace wengert
