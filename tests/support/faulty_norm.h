// SPDX-License-Identifier: MIT
// The closed forms of the normalisation layers as plain loops, with mistakes to plant: what a checker must
// find.
#pragma once

#include <autodiff/fuse.h>
#include <layers/batch_norm.h>
#include <layers/group_norm.h>
#include <layers/layer_norm.h>
#include <layers/rms_norm.h>

#include <string>
#include <vector>

namespace wengert::test {

enum class Norm { batch, layer, group, rms };

inline std::string name(Norm norm) {
  return norm == Norm::batch   ? "batch_norm"
         : norm == Norm::layer ? "layer_norm"
         : norm == Norm::group ? "group_norm"
                               : "rms_norm";
}

/// One term of dx: factor · gamma^[gamma] · inv_std^(1 + extra_power) · …, its mean over n + count_off
/// elements.
struct TermFault {
  double factor = 1;
  int extra_power = 0;
  int count_off = 0;
  bool gamma = true;
  bool wrong_axis = false;  ///< the mean is taken over the other axis of [rows, columns]
};

struct NormFault {
  std::string name = {};
  TermFault direct = {};
  TermFault mean = {};
  TermFault variance = {};
  double stale_mean = 0;     ///< the saved mean is off by this
  double stale_inv_std = 1;  ///< the saved inv_std is off by this factor
  double dgamma = 1;
  double dbeta = 1;
  bool dgamma_of_x = false;              ///< x in place of xhat
  int shift = 0;                         ///< dx is taken from that many rows further
  bool transposed = false;               ///< dx of a square x
  double last_row = 1;                   ///< the last row of dx is off by this factor
  std::vector<std::string> blames = {};  ///< the gradients that are wrong then
  std::string pathway = {};              ///< and the pathway, where it is one
};

inline constexpr int fault_groups = 2;

// Where each element of [rows, columns] or [rows, columns, length] gets its statistics and its gamma.
struct NormPlaces {
  std::vector<std::size_t> slice, channel;
  std::size_t slices = 0, channels = 0;
};

inline NormPlaces places(Norm norm, const Shape& shape) {
  NormPlaces p;
  const Index inner = shape.rank() > 2 ? shape[2] : 1;
  p.channels = static_cast<std::size_t>(shape[1]);
  const Index per_row = norm == Norm::group ? fault_groups : 1;
  p.slices = norm == Norm::batch ? p.channels : static_cast<std::size_t>(shape[0] * per_row);
  for (Index i = 0; i < shape.size(); ++i) {
    const Index channel = i / inner % shape[1], row = i / inner / shape[1];
    const Index group = channel / (shape[1] / per_row);
    p.channel.push_back(static_cast<std::size_t>(channel));
    p.slice.push_back(static_cast<std::size_t>(norm == Norm::batch ? channel : row * per_row + group));
  }
  return p;
}

template <class T>
Tensor<T> rounded(const Shape& shape, const std::vector<double>& numbers) {
  std::vector<T> values;
  for (const double v : numbers) values.push_back(static_cast<T>(v));
  return Tensor<T>(shape, values);
}

/// dx, dgamma and, but for rms_norm, dbeta.
template <class T>
std::vector<Tensor<T>> faulty_vjp(Norm norm, const NormFault& fault, double eps, const Tensor<T>& x,
                                  const Tensor<T>& gamma, const Tensor<T>& dy) {
  const NormPlaces p = places(norm, x.shape());
  const auto size = static_cast<std::size_t>(x.size());
  const bool centred = norm != Norm::rms;
  const double n = static_cast<double>(size) / static_cast<double>(p.slices);
  std::vector<double> mu(p.slices, 0.0), r(p.slices, 0.0), xhat(size);
  const auto at = [](const Tensor<T>& t, std::size_t i) {
    return static_cast<double>(t[static_cast<Index>(i)]);
  };
  for (std::size_t i = 0; i < size && centred; ++i) mu[p.slice[i]] += at(x, i) / n;
  for (std::size_t i = 0; i < size; ++i) {
    const double c = at(x, i) - mu[p.slice[i]];
    r[p.slice[i]] += c * c / n;
  }
  for (double& v : r) v = fault.stale_inv_std / std::sqrt(v + eps);
  for (std::size_t i = 0; i < size; ++i)
    xhat[i] = (at(x, i) - mu[p.slice[i]] - fault.stale_mean) * r[p.slice[i]];
  // Σ of a term over its slices; over the other axis where the fault says so.
  const auto mean_of = [&](const TermFault& f, auto&& number) {
    std::vector<double> sums(std::max(p.slices, p.channels), 0.0);
    const auto rows = static_cast<std::size_t>(x.shape()[0]);
    const double count = f.wrong_axis && norm == Norm::batch ? static_cast<double>(size / rows)
                         : f.wrong_axis                      ? static_cast<double>(size / p.channels)
                                                             : n;
    const auto place = [&, rows](std::size_t i) {
      if (!f.wrong_axis) return p.slice[i];
      return norm == Norm::batch ? i / (size / rows) : p.channel[i];
    };
    sums.resize(std::max({sums.size(), rows}), 0.0);
    for (std::size_t i = 0; i < size; ++i) sums[place(i)] += number(i);
    std::vector<double> out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = sums[place(i)] / (count + f.count_off);
    return out;
  };
  const auto g = [&](const TermFault& f, std::size_t i) {
    return at(dy, i) * (f.gamma ? at(gamma, p.channel[i]) : 1.0);
  };
  const auto weight = [&](const TermFault& f, std::size_t i) {
    return f.factor * std::pow(r[p.slice[i]], 1 + f.extra_power);
  };
  const auto mean_g = mean_of(fault.mean, [&](std::size_t i) { return g(fault.mean, i); });
  const auto mean_gx = mean_of(fault.variance, [&](std::size_t i) { return g(fault.variance, i) * xhat[i]; });
  std::vector<double> dx(size), dgamma(p.channels, 0.0), dbeta(p.channels, 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    dx[i] = weight(fault.direct, i) * g(fault.direct, i) - weight(fault.variance, i) * xhat[i] * mean_gx[i];
    if (centred) dx[i] -= weight(fault.mean, i) * mean_g[i];
    dgamma[p.channel[i]] += fault.dgamma * at(dy, i) * (fault.dgamma_of_x ? at(x, i) : xhat[i]);
    dbeta[p.channel[i]] += fault.dbeta * at(dy, i);
  }
  const std::size_t row = size / static_cast<std::size_t>(x.shape()[0]);
  for (std::size_t i = size - row; i < size; ++i) dx[i] *= fault.last_row;
  std::vector<double> moved = dx;
  for (std::size_t i = 0; i < size && fault.shift != 0; ++i)
    moved[i] = dx[(i + static_cast<std::size_t>(fault.shift) * row) % size];
  for (std::size_t i = 0; i < size && fault.transposed; ++i) moved[i] = dx[i % row * row + i / row];
  std::vector<Tensor<T>> out{rounded<T>(x.shape(), moved), rounded<T>(gamma.shape(), dgamma)};
  if (centred) out.push_back(rounded<T>(gamma.shape(), dbeta));
  return out;
}

template <class T>
Var<T> staged_norm(Norm norm, std::span<const Var<T>> in, double eps = 1e-5) {
  if (norm == Norm::batch) return staged::batch_norm<T>(in[0], in[1], in[2], {.eps = eps}).y;
  if (norm == Norm::layer) return staged::layer_norm<T>(in[0], in[1], in[2], {.eps = eps}).y;
  if (norm == Norm::group)
    return staged::group_norm<T>(in[0], in[1], in[2], {.groups = fault_groups, .eps = eps}).y;
  return staged::rms_norm<T>(in[0], in[1], {.eps = eps}).y;
}

template <class T>
Var<T> fused_norm(Norm norm, std::span<const Var<T>> in, double eps = 1e-5) {
  if (norm == Norm::batch) return fused::batch_norm<T>(in[0], in[1], in[2], {.eps = eps}).y;
  if (norm == Norm::layer) return fused::layer_norm<T>(in[0], in[1], in[2], {.eps = eps}).y;
  if (norm == Norm::group)
    return fused::group_norm<T>(in[0], in[1], in[2], {.groups = fault_groups, .eps = eps}).y;
  return fused::rms_norm<T>(in[0], in[1], {.eps = eps}).y;
}

/// The value is right, the gradient has the fault.
template <class T>
Var<T> faulty_norm(Norm norm, const NormFault& fault, std::span<const Var<T>> in, double eps = 1e-5) {
  std::vector<NamedVar<T>> inputs{{"x", in[0]}, {"gamma", in[1]}};
  if (in.size() > 2) inputs.push_back({"beta", in[2]});
  std::vector<Var<T>> values;
  for (const Var<T>& v : in) values.emplace_back(v.value());
  return fuse<T>(
      {.op = "faulty_" + name(norm),
       .inputs = std::move(inputs),
       .forward = [&](Saved<T>&) { return staged_norm<T>(norm, values, eps).value(); },
       .vjp = [=](const Saved<T>& s,
                  const Tensor<T>& dy) { return faulty_vjp<T>(norm, fault, eps, s["x"], s["gamma"], dy); }});
}

}  // namespace wengert::test
