// SPDX-License-Identifier: MIT
// The running mean and variance of a normalisation: what evaluation uses in place of a batch's own.
#pragma once

#include <autodiff/tensor.h>

#include <cstdint>
#include <optional>
#include <string>

namespace wengert {

/// new = (1 − momentum)·old + momentum·batch, PyTorch's sense; without a momentum the average over all
/// batches. The variance that enters is the unbiased one, n / (n − 1) times the batch's.
template <class T>
class RunningStatistics {
 public:
  /// mean 0, variance 1, no batch seen. `op` names the owner in errors. Throws ValueError for fewer than one
  /// channel and for a momentum outside [0, 1].
  RunningStatistics(std::string op, Index channels, std::optional<double> momentum);

  const Tensor<T>& mean() const { return mean_; }    ///< [C]
  const Tensor<T>& var() const { return var_; }      ///< [C]
  std::int64_t batches() const { return batches_; }  ///< seen since the last reset
  std::optional<double> momentum() const { return momentum_; }

  /// One step with the statistics of one batch, [C] each; batch_var divides by count. Every channel by
  /// itself: a NaN stays where it is. Throws ShapeError for another shape, ValueError for a count below 2.
  void update(const Tensor<T>& batch_mean, const Tensor<T>& batch_var, Index count);

  /// Throws ShapeError for another shape, ValueError for a negative variance or number of batches.
  void assign(const Tensor<T>& mean, const Tensor<T>& var, std::int64_t batches);

  void reset();

 private:
  std::string op_;
  std::optional<double> momentum_;
  Tensor<T> mean_, var_;  // never written, always replaced: a recorded layer may hold them
  std::int64_t batches_ = 0;
};

}  // namespace wengert
