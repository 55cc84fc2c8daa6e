// SPDX-License-Identifier: MIT
// A batch normalisation on plain memory: random inputs, room for every output, and the error of one run
// against another.
#pragma once

#include <layers/kernels/batch_norm.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <random>
#include <vector>

namespace wengert::kernels {

inline std::ostream& operator<<(std::ostream& out, ChannelView v) {
  return out << "[" << v.outer << ", " << v.channels << ", " << v.inner << "]";
}

}  // namespace wengert::kernels

namespace wengert::test {

template <class T>
struct BatchNormInputs {
  kernels::ChannelView view;
  std::vector<T> x, dy, gamma, beta;
  T eps = static_cast<T>(1e-5);
  std::size_t offset = 0;  ///< elements before the first one in every tensor: 1 leaves no vector aligned

  std::size_t size() const { return static_cast<std::size_t>(view.count() * view.channels); }
  std::size_t channels() const { return static_cast<std::size_t>(view.channels); }

  template <class U>
  BatchNormInputs<U> as() const {
    const auto cast = [](const std::vector<T>& v) { return std::vector<U>(v.begin(), v.end()); };
    return {view, cast(x), cast(dy), cast(gamma), cast(beta), static_cast<U>(eps), offset};
  }
};

template <class T>
BatchNormInputs<T> random_inputs(kernels::ChannelView view, double mean = 0, double std = 1,
                                 std::size_t offset = 0) {
  BatchNormInputs<T> in{view, {}, {}, {}, {}};
  in.offset = offset;
  std::mt19937_64 engine(
      static_cast<std::uint64_t>(view.outer * 1000003 + view.channels * 1009 + view.inner));
  // The sum of four uniform numbers: near enough to a normal one, and the same on every machine.
  const auto fill = [&](std::vector<T>& v, std::size_t n, double at, double scale) {
    v.assign(n, T{0});
    for (std::size_t i = offset; i < n; ++i) {
      double sum = -2;
      for (int k = 0; k < 4; ++k) sum += static_cast<double>(engine() >> 11) * 0x1p-53;
      v[i] = static_cast<T>(at + scale * std::sqrt(3.0) * sum);
    }
  };
  fill(in.x, in.size() + offset, mean, std);
  fill(in.dy, in.size() + offset, 0.25, 1);
  for (std::size_t i = offset; i < in.x.size(); ++i) {  // or dgamma would be small by cancellation
    in.dy[i] += static_cast<T>(0.5 * (static_cast<double>(in.x[i]) - mean) / std);
  }
  fill(in.gamma, in.channels() + offset, 1, 0.5);
  fill(in.beta, in.channels() + offset, 0.5, 1);
  return in;
}

/// Everything that a forward and a backward pass write; each array starts `offset` elements in.
template <class T>
struct BatchNormOutputs {
  std::vector<T> y, mean_hi, mean_lo, var, inv_std, dx, dgamma, dbeta;

  explicit BatchNormOutputs(const BatchNormInputs<T>& in)
      : y(in.size() + in.offset),
        mean_hi(in.channels() + in.offset),
        mean_lo(mean_hi),
        var(mean_hi),
        inv_std(mean_hi),
        dx(y),
        dgamma(mean_hi),
        dbeta(mean_hi) {}

  friend bool operator==(const BatchNormOutputs&, const BatchNormOutputs&) = default;
};

/// Forward and backward through the given kernels.
template <class T, class Forward, class Backward>
BatchNormOutputs<T> run_batch_norm(const BatchNormInputs<T>& in, Forward forward, Backward backward) {
  BatchNormOutputs<T> out(in);
  const auto at = [&](auto& v) { return v.data() + in.offset; };
  forward(in.view, at(in.x), at(in.gamma), at(in.beta), in.eps, at(out.y),
          kernels::BatchNormStatistics<T>{at(out.mean_hi), at(out.mean_lo), at(out.var), at(out.inv_std)});
  backward(in.view, at(in.x), at(in.dy), at(in.gamma), at(out.mean_hi), at(out.mean_lo), at(out.inv_std),
           at(out.dx), at(out.dgamma), at(out.dbeta));
  return out;
}

template <class T>
double largest(const std::vector<T>& values) {
  double most = 0;
  for (const T v : values) most = std::max(most, std::abs(static_cast<double>(v)));
  return most;
}

/// The largest error in units of T's epsilon at `scale`, by default the largest |expected|; NaN if any is.
template <class T, class U>
double error_in_epsilons(const std::vector<T>& got, const std::vector<U>& expected, double scale = 0) {
  double error = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double difference = static_cast<double>(std::abs(static_cast<long double>(got[i]) - expected[i]));
    if (!(difference <= error)) error = difference;
  }
  if (scale == 0) scale = largest(expected);
  return error == 0 ? 0 : error / scale / static_cast<double>(std::numeric_limits<T>::epsilon());
}

/// The largest sum of the sizes of the terms of dx, which cancel down to nothing for N = 2: each
/// inv_std·gamma/N·(N·dy, Σ dy, xhat·Σ dy·xhat).
template <class T, class U>
double terms_of_dx(const BatchNormInputs<T>& in, const BatchNormOutputs<U>& out) {
  const auto size = [](auto v) { return std::abs(static_cast<double>(v)); };
  const double n = static_cast<double>(in.view.count());
  double most = 0;
  for (std::size_t i = in.offset; i < in.x.size(); ++i) {
    const std::size_t c =
        (i - in.offset) / static_cast<std::size_t>(in.view.inner) % in.channels() + in.offset;
    const double xhat =
        size((static_cast<long double>(in.x[i]) - out.mean_hi[c] - out.mean_lo[c]) * out.inv_std[c]);
    const double terms = size(in.dy[i]) + size(out.dbeta[c]) / n + xhat * size(out.dgamma[c]) / n;
    most = std::max(most, size(out.inv_std[c]) * size(in.gamma[c]) * terms);
  }
  return most;
}

}  // namespace wengert::test
