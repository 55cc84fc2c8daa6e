// SPDX-License-Identifier: MIT
// Derivatives by central differences in double, against those of the tape.
#pragma once

#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <tests/support/random.h>

#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace wengert::test {

template <class T>
using Vars = std::span<const Var<T>>;
template <class T>
using Tensors = std::vector<Tensor<T>>;
template <class T>
using Function = std::function<Var<T>(Vars<T>)>;

template <class T>
std::vector<Var<T>> leaves(Tape<T>& tape, const Tensors<T>& values) {
  std::vector<Var<T>> out;
  for (const Tensor<T>& value : values) out.push_back(tape.leaf(value));
  return out;
}

template <class T>
Tensor<T> value_of(const Function<T>& f, const Tensors<T>& inputs) {
  Tape<T> tape;
  return f(leaves(tape, inputs)).value();
}

/// The gradient of <dy, f> with respect to every input.
template <class T>
Tensors<T> vjp_of(const Function<T>& f, const Tensors<T>& inputs, const Tensor<T>& dy) {
  Tape<T> tape;
  const std::vector<Var<T>> in = leaves(tape, inputs);
  const Var<T> y = f(in);
  Tensors<T> out;
  const Gradients<T> grads = y.on_tape() ? backward(y, dy) : Gradients<T>();
  for (const Var<T>& x : in) out.push_back(grads[x]);
  return out;
}

/// <v, the gradient of <dy, f>> for a fixed random dy and v, as a function to differentiate again: its
/// gradient is a second derivative of f.
template <class T>
Function<T> differentiated(Function<T> f, std::uint64_t seed = 11) {
  return [f = std::move(f), seed](Vars<T> in) {
    Random random(seed);
    const Var<T> y = f(in);
    Var<T> total(Tensor<T>::scalar(T(0)));
    if (!y.on_tape()) return total;
    const Gradients<T> grads =
        backward(y, random.tensor<T>(y.shape()), {.record = true, .wrt = {in.begin(), in.end()}});
    for (const Var<T>& x : in) {
      total = total + sum(grads.var(x) * Var<T>(random.tensor<T>(x.shape())));
    }
    return total;
  };
}

/// J u = (f(x + h u) − f(x − h u)) / 2h.
inline Tensor<double> difference(const Function<double>& f, const Tensors<double>& at,
                                 const Tensors<double>& u) {
  const double h = std::cbrt(std::numeric_limits<double>::epsilon());
  const auto moved = [&](double step) {
    Tensors<double> to;
    for (std::size_t i = 0; i < at.size(); ++i) {
      Tensor<double> x = at[i].clone();
      double* numbers = x.mutable_data();
      for (Index k = 0; k < x.size(); ++k) numbers[k] += step * u[i][k];
      to.push_back(std::move(x));
    }
    return value_of(f, to);
  };
  Tensor<double> ahead = moved(h).clone();
  const Tensor<double> behind = moved(-h);
  for (Index i = 0; i < behind.size(); ++i) {
    ahead.mutable_data()[i] = (ahead[i] - behind[i]) / (2 * h);
  }
  return ahead;
}

inline double relative(double error, double scale) { return error == 0 ? 0 : error / std::max(scale, 1e-3); }

/// |<dy, J u> − <vjp(dy), u>| for one random dy and u, relative to the terms of the first sum.
inline double directional_error(const Function<double>& f, const Tensors<double>& at,
                                std::uint64_t seed = 5) {
  Random random(seed);
  Tensors<double> u;
  for (const Tensor<double>& x : at) u.push_back(random.tensor<double>(x.shape()));
  const Tensor<double> moved = difference(f, at, u);
  const Tensor<double> dy = random.tensor<double>(moved.shape());
  const Tensors<double> dx = vjp_of(f, at, dy);
  double error = 0, scale = 0;
  for (Index i = 0; i < moved.size(); ++i) {
    error += dy[i] * moved[i];
    scale += std::abs(dy[i] * moved[i]);
  }
  for (std::size_t i = 0; i < at.size(); ++i) {
    for (Index k = 0; k < at[i].size(); ++k) error -= dx[i][k] * u[i][k];
  }
  return relative(std::abs(error), scale);
}

/// Every entry of the Jacobian, relative to the largest: for tensors of a dozen elements.
inline double jacobian_error(const Function<double>& f, const Tensors<double>& at) {
  const Shape shape = value_of(f, at).shape();
  std::vector<Tensors<double>> rows;
  for (Index row = 0; row < shape.size(); ++row) {
    Tensor<double> dy = Tensor<double>::zeros(shape);
    dy.mutable_data()[row] = 1;
    rows.push_back(vjp_of(f, at, dy));
  }
  double worst = 0, scale = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    for (Index k = 0; k < at[i].size(); ++k) {
      Tensors<double> u;
      for (const Tensor<double>& x : at) u.push_back(Tensor<double>::zeros(x.shape()));
      u[i].mutable_data()[k] = 1;
      const Tensor<double> column = difference(f, at, u);
      for (Index row = 0; row < shape.size(); ++row) {
        worst = std::max(worst, std::abs(column[row] - rows[static_cast<std::size_t>(row)][i][k]));
        scale = std::max(scale, std::abs(column[row]));
      }
    }
  }
  return relative(worst, scale);
}

}  // namespace wengert::test
