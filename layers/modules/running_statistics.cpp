// SPDX-License-Identifier: MIT
#include <layers/modules/running_statistics.h>

#include <type_traits>

namespace wengert {
namespace {

// (1 − share)·old + share·factor·batch in a wider type, rounded once.
template <class T>
Tensor<T> blended(const Tensor<T>& old, const Tensor<T>& batch, long double share, long double factor) {
  using Wide = std::conditional_t<std::is_same_v<T, float>, double, long double>;
  const Wide part = static_cast<Wide>(share);
  Tensor<T> out = Tensor<T>::uninitialized(old.shape());
  T* to = out.mutable_data();
  for (Index c = 0; c < old.size(); ++c) {
    const Wide now = static_cast<Wide>(batch[c]) * static_cast<Wide>(factor);
    to[c] = static_cast<T>((1 - part) * static_cast<Wide>(old[c]) + part * now);
  }
  return out;
}

}  // namespace

template <class T>
RunningStatistics<T>::RunningStatistics(std::string op, Index channels, std::optional<double> momentum)
    : op_(std::move(op)), momentum_(momentum) {
  if (channels < 1) throw_value(op_, "channels", static_cast<double>(channels), "at least 1");
  if (momentum && !(*momentum >= 0 && *momentum <= 1))
    throw_value(op_, "momentum", *momentum, "a number from 0 to 1, or none for the cumulative average");
  mean_ = Tensor<T>::zeros({channels});
  reset();
}

template <class T>
void RunningStatistics<T>::update(const Tensor<T>& batch_mean, const Tensor<T>& batch_var, Index count) {
  expect_shape(op_, "batch mean", batch_mean.shape(), mean_.shape());
  expect_shape(op_, "batch variance", batch_var.shape(), mean_.shape());
  if (count < 2) throw_value(op_, "count", static_cast<double>(count), "at least 2 values per channel");
  const long double share =
      momentum_ ? static_cast<long double>(*momentum_) : 1 / static_cast<long double>(batches_ + 1);
  const long double unbiased = static_cast<long double>(count) / static_cast<long double>(count - 1);
  Tensor<T> mean = blended(mean_, batch_mean, share, 1);
  Tensor<T> var = blended(var_, batch_var, share, unbiased);
  mean_ = std::move(mean);
  var_ = std::move(var);
  ++batches_;
}

template <class T>
void RunningStatistics<T>::assign(const Tensor<T>& mean, const Tensor<T>& var, std::int64_t batches) {
  expect_shape(op_, "running_mean", mean.shape(), mean_.shape());
  expect_shape(op_, "running_var", var.shape(), var_.shape());
  for (Index c = 0; c < var.size(); ++c) {
    if (var[c] < 0)
      throw_value(op_, "running_var[" + std::to_string(c) + "]", static_cast<double>(var[c]),
                  "a variance >= 0");
  }
  if (batches < 0) throw_value(op_, "num_batches_tracked", static_cast<double>(batches), "at least 0");
  mean_ = mean;
  var_ = var;
  batches_ = batches;
}

template <class T>
void RunningStatistics<T>::reset() {
  mean_ = Tensor<T>::zeros(mean_.shape());
  var_ = Tensor<T>::full(mean_.shape(), T(1));
  batches_ = 0;
}

template class RunningStatistics<float>;
template class RunningStatistics<double>;
template class RunningStatistics<long double>;

}  // namespace wengert
