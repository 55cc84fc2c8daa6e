// SPDX-License-Identifier: MIT
// A closed form of batch normalisation, [N, C], with one mistake planted: what a checker must find.
#pragma once

#include <autodiff/fuse.h>

#include <cmath>
#include <string>
#include <vector>

namespace wengert::test {

enum class Fault {
  none,
  no_mean_term,
  no_variance_term,
  variance_over_n_minus_1,
  wrong_sign_of_mean_term,
  inv_std_squared,
  no_gamma_in_dx,
  dgamma_of_x,
  only_last_row_wrong,
  nan_in_dx,
};

inline std::string name(Fault fault) {
  static const std::vector<std::string> names{"none",
                                              "no mean term",
                                              "no variance term",
                                              "variance term over N - 1",
                                              "wrong sign of the mean term",
                                              "inv_std squared",
                                              "no gamma in dx",
                                              "dgamma from x in place of xhat",
                                              "only the last row wrong",
                                              "nan in dx"};
  return names[static_cast<std::size_t>(fault)];
}

template <class T>
std::vector<Tensor<T>> faulty_vjp(Fault fault, T eps, const Tensor<T>& x, const Tensor<T>& gamma,
                                  const Tensor<T>& dy) {
  const Index n = x.shape()[0];
  const Index channels = x.shape()[1];
  Tensor<T> dx = Tensor<T>::uninitialized(x.shape());
  Tensor<T> dgamma = Tensor<T>::uninitialized({channels});
  Tensor<T> dbeta = Tensor<T>::uninitialized({channels});
  T* out = dx.mutable_data();
  for (Index c = 0; c < channels; ++c) {
    const auto at = [&](Index row) { return row * channels + c; };
    double mean = 0, var = 0, sum_dy = 0, sum_dy_xhat = 0, sum_dy_x = 0;
    for (Index i = 0; i < n; ++i) mean += x[at(i)] / static_cast<double>(n);
    for (Index i = 0; i < n; ++i) var += (x[at(i)] - mean) * (x[at(i)] - mean) / static_cast<double>(n);
    const double r = 1 / std::sqrt(var + eps);
    const auto xhat = [&](Index i) { return (x[at(i)] - mean) * r; };
    for (Index i = 0; i < n; ++i) {
      sum_dy += dy[at(i)];
      sum_dy_xhat += dy[at(i)] * xhat(i);
      sum_dy_x += static_cast<double>(dy[at(i)]) * x[at(i)];
    }
    const double g = fault == Fault::no_gamma_in_dx ? 1 : gamma[c];
    const double scale = fault == Fault::inv_std_squared ? g * r * r : g * r;
    const double over = static_cast<double>(fault == Fault::variance_over_n_minus_1 ? n - 1 : n);
    const double of_mean = fault == Fault::no_mean_term              ? 0
                           : fault == Fault::wrong_sign_of_mean_term ? -1
                                                                     : 1;
    const double of_variance = fault == Fault::no_variance_term ? 0 : 1;
    for (Index i = 0; i < n; ++i) {
      out[at(i)] = static_cast<T>(scale * (dy[at(i)] - of_mean * sum_dy / static_cast<double>(n) -
                                           of_variance * xhat(i) * sum_dy_xhat / over));
    }
    dgamma.mutable_data()[c] = static_cast<T>(fault == Fault::dgamma_of_x ? sum_dy_x : sum_dy_xhat);
    dbeta.mutable_data()[c] = static_cast<T>(sum_dy);
  }
  if (fault == Fault::only_last_row_wrong) out[x.size() - 1] *= T(1.01);
  if (fault == Fault::nan_in_dx) out[0] = std::numeric_limits<T>::quiet_NaN();
  return {dx, dgamma, dbeta};
}

/// The value is right, the gradient has the fault. `staged` gives the value.
template <class T>
Var<T> faulty_batch_norm(Fault fault, T eps, const Tensor<T>& value, const Var<T>& x, const Var<T>& gamma,
                         const Var<T>& beta) {
  return fuse<T>({.op = "faulty_batch_norm",
                  .inputs = {{"x", x}, {"gamma", gamma}, {"beta", beta}},
                  .forward = [&](Saved<T>&) { return value; },
                  .vjp =
                      [fault, eps](const Saved<T>& s, const Tensor<T>& dy) {
                        return faulty_vjp<T>(fault, eps, s["x"], s["gamma"], dy);
                      }});
}

}  // namespace wengert::test
