// SPDX-License-Identifier: MIT
// A closed form of layer normalisation, [N, D], with one mistake planted: what a checker must find. Those of
// its own kind come from gamma, which here differs within a group.
#pragma once

#include <autodiff/fuse.h>

#include <cmath>
#include <string>
#include <vector>

namespace wengert::test {

enum class LayerNormFault {
  none,
  gamma_outside_both_sums,  // as in batch normalisation, where it is the same for a whole group
  gamma_outside_the_mean,
  gamma_outside_the_variance,
  no_mean_term,
  no_variance_term,
  over_n_minus_1,
  over_the_batch,  // N where D is meant
  eps_outside_the_root,
  dgamma_over_the_row,  // summed along the wrong axis
};

inline std::string name(LayerNormFault fault) {
  static const std::vector<std::string> names{"none",
                                              "gamma outside both sums",
                                              "gamma outside the sum of the mean term",
                                              "gamma outside the sum of the variance term",
                                              "no mean term",
                                              "no variance term",
                                              "variance term over D - 1",
                                              "sums over the batch's N in place of D",
                                              "eps outside the root",
                                              "dgamma summed over the row"};
  return names[static_cast<std::size_t>(fault)];
}

template <class T>
std::vector<Tensor<T>> faulty_vjp(LayerNormFault fault, double eps, const Tensor<T>& x,
                                  const Tensor<T>& gamma, const Tensor<T>& dy) {
  using Fault = LayerNormFault;
  const Index rows = x.shape()[0], length = x.shape()[1];
  Tensor<T> dx = Tensor<T>::uninitialized(x.shape());
  std::vector<double> dgamma(static_cast<std::size_t>(length)), dbeta(dgamma);
  for (Index row = 0; row < rows; ++row) {
    const auto at = [&](Index j) { return row * length + j; };
    const double d = static_cast<double>(fault == Fault::over_the_batch ? rows : length);
    double mean = 0, var = 0;
    for (Index j = 0; j < length; ++j) mean += static_cast<double>(x[at(j)]) / static_cast<double>(length);
    for (Index j = 0; j < length; ++j) var += std::pow(x[at(j)] - mean, 2) / static_cast<double>(length);
    const double r =
        fault == Fault::eps_outside_the_root ? 1 / (std::sqrt(var) + eps) : 1 / std::sqrt(var + eps);
    const auto xhat = [&](Index j) { return (x[at(j)] - mean) * r; };
    double sum_g = 0, sum_dy = 0, sum_g_xhat = 0, sum_dy_xhat = 0;
    for (Index j = 0; j < length; ++j) {
      sum_dy += dy[at(j)];
      sum_dy_xhat += dy[at(j)] * xhat(j);
      sum_g += static_cast<double>(gamma[j]) * dy[at(j)];
      sum_g_xhat += static_cast<double>(gamma[j]) * dy[at(j)] * xhat(j);
    }
    const bool both = fault == Fault::gamma_outside_both_sums;
    const bool in_mean = !both && fault != Fault::gamma_outside_the_mean;
    const bool in_variance = !both && fault != Fault::gamma_outside_the_variance;
    const double over = fault == Fault::over_n_minus_1 ? d - 1 : d;
    for (Index j = 0; j < length; ++j) {
      const auto column = static_cast<std::size_t>(j);
      const double of_mean = (in_mean ? sum_g : gamma[j] * sum_dy) / d;
      const double of_variance = xhat(j) * (in_variance ? sum_g_xhat : gamma[j] * sum_dy_xhat) / over;
      dx.mutable_data()[at(j)] = static_cast<T>(r * (static_cast<double>(gamma[j]) * dy[at(j)] -
                                                     (fault == Fault::no_mean_term ? 0 : of_mean) -
                                                     (fault == Fault::no_variance_term ? 0 : of_variance)));
      dgamma[column] += fault == Fault::dgamma_over_the_row ? sum_dy_xhat : dy[at(j)] * xhat(j);
      dbeta[column] += dy[at(j)];
    }
  }
  const auto tensor = [&](const std::vector<double>& v) {
    return Tensor<T>({length}, std::vector<T>(v.begin(), v.end()));
  };
  return {dx, tensor(dgamma), tensor(dbeta)};
}

/// The value is right, the gradient has the fault.
template <class T>
Var<T> faulty_layer_norm(LayerNormFault fault, double eps, const Tensor<T>& value, const Var<T>& x,
                         const Var<T>& gamma, const Var<T>& beta) {
  return fuse<T>({.op = "faulty_layer_norm",
                  .inputs = {{"x", x}, {"gamma", gamma}, {"beta", beta}},
                  .forward = [&](Saved<T>&) { return value; },
                  .vjp =
                      [fault, eps](const Saved<T>& s, const Tensor<T>& dy) {
                        return faulty_vjp<T>(fault, eps, s["x"], s["gamma"], dy);
                      }});
}

}  // namespace wengert::test
