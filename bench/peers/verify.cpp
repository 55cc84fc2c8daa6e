// SPDX-License-Identifier: MIT
#include <bench/peers/verify.h>
#include <layers/kernels/batch_norm_reference.h>

#include <algorithm>
#include <cmath>

namespace wengert::bench {
namespace {

template <class Got>
double error_of(Index n, Got got, const std::vector<long double>& expected) {
  long double error = 0, largest = 0;
  for (Index i = 0; i < n; ++i) {
    const long double answer = expected[static_cast<std::size_t>(i)];
    const long double difference = std::abs(static_cast<long double>(got(i)) - answer);
    if (!(difference <= error)) error = difference;
    largest = std::max(largest, std::abs(answer));
  }
  return static_cast<double>(error == 0 ? 0 : error / largest);
}

}  // namespace

double Errors::largest() const {
  double worst = 0;
  for (const double error : {y, dx, dgamma, dbeta}) worst = error <= worst ? worst : error;
  return worst;
}

template <class T>
Truth<T>::Truth(const Problem<T>& p) : dimensions_(p.dimensions) {
  const Index all = p.dimensions.c;
  const Index wanted = p.size() > Index{4} << 20 ? std::min<Index>(4, all) : std::min<Index>(64, all);
  for (Index k = 0; k < wanted; ++k) channels_.push_back(wanted == 1 ? 0 : k * (all - 1) / (wanted - 1));

  const auto k = channels_.size();
  const auto parameter = [&](const std::vector<T>& values) {
    std::vector<long double> out;
    for (const Index c : channels_) out.push_back(values[static_cast<std::size_t>(c)]);
    return out;
  };
  const std::vector<long double> x = sampled(p.x.get()), dy = sampled(p.dy.get());
  const std::vector<long double> gamma = parameter(p.gamma), beta = parameter(p.beta);
  std::vector<long double> hi(k), lo(k), var(k), inv_std(k);
  y_.resize(x.size()), dx_.resize(x.size()), dgamma_.resize(k), dbeta_.resize(k);

  const kernels::ChannelView view{p.dimensions.view().outer, static_cast<Index>(k),
                                  p.dimensions.view().inner};
  // eps is what the contenders got, rounded to T.
  const long double eps = static_cast<T>(p.eps);
  kernels::reference::batch_norm_forward<long double>(view, x.data(), gamma.data(), beta.data(), eps,
                                                      y_.data(),
                                                      {hi.data(), lo.data(), var.data(), inv_std.data()});
  kernels::reference::batch_norm_backward<long double>(view, x.data(), dy.data(), gamma.data(), hi.data(),
                                                       lo.data(), inv_std.data(), dx_.data(), dgamma_.data(),
                                                       dbeta_.data());
}

template <class T>
std::vector<long double> Truth<T>::sampled(const T* tensor) const {
  const kernels::ChannelView view = dimensions_.view();
  std::vector<long double> out;
  out.reserve(static_cast<std::size_t>(view.count()) * channels_.size());
  for (Index o = 0; o < view.outer; ++o) {
    for (const Index c : channels_) {
      const T* run = tensor + (o * view.channels + c) * view.inner;
      out.insert(out.end(), run, run + view.inner);
    }
  }
  return out;
}

template <class T>
Errors Truth<T>::errors_of(const Outputs<T>& out) const {
  const auto tensor_error = [&](const T* got, const std::vector<long double>& expected) {
    const std::vector<long double> some = sampled(got);
    return error_of(
        static_cast<Index>(some.size()), [&](Index i) { return some[static_cast<std::size_t>(i)]; },
        expected);
  };
  const auto channel_error = [&](const T* got, const std::vector<long double>& expected) {
    return error_of(
        static_cast<Index>(channels_.size()),
        [&](Index i) { return got[channels_[static_cast<std::size_t>(i)]]; }, expected);
  };
  return {tensor_error(out.y, y_), tensor_error(out.dx, dx_), channel_error(out.dgamma, dgamma_),
          channel_error(out.dbeta, dbeta_)};
}

template class Truth<float>;
template class Truth<double>;

}  // namespace wengert::bench
