// SPDX-License-Identifier: MIT
// BatchNorm<T>: batch normalisation with its parameters and running statistics. docs/modules.md.
//
//   BatchNorm<float> bn({.channels = 64});
//   const auto batch = bn.forward(x);    // training: the statistics of the batch
//   …                                    // backward, the optimiser's step
//   bn.update(batch);                    // the one step that changes the running statistics
//   bn.eval();
//   y = bn(x);                           // evaluation: the running statistics
#pragma once

#include <layers/batch_norm.h>
#include <layers/form.h>
#include <layers/modules/module.h>
#include <layers/modules/running_statistics.h>

#include <optional>

namespace wengert {

struct BatchNormConfig {
  Index channels;
  double eps = 1e-5;
  int channel_axis = 1;
  std::optional<double> momentum = 0.1;  ///< the share of the new batch; none: the average over all batches
  bool affine = true;                    ///< gamma and beta
  bool tracking = true;                  ///< running statistics; without, evaluation uses the batch's own
  Form form = Form::fused;
};

template <class T>
class BatchNorm : public Module<T> {
  BatchNormConfig config_;
  RunningStatistics<T> running_;  // checks the number of channels before anything is made of it

 public:
  /// Throws ValueError for fewer than one channel, a momentum outside [0, 1], eps negative or not finite.
  explicit BatchNorm(BatchNormConfig config);

  Parameter<T> gamma;  ///< [C], starts at 1; absent without affine
  Parameter<T> beta;   ///< [C], starts at 0; absent without affine
  Form form;

  void train() { training_ = true; }
  void eval() { training_ = false; }
  bool training() const { return training_; }

  /// Changes nothing: it can be replayed and differentiated to any order. gamma and beta become leaves of the
  /// tape of x; on a constant x it just computes. Throws ShapeError for another number of channels, and
  /// whatever the layer's function throws.
  BatchNormResult<T> forward(Var<T> x) const;
  Var<T> operator()(Var<T> x) const { return forward(std::move(x)).y; }

  /// One step of the running statistics with what `forward` gave in training; nothing without tracking.
  /// Throws ValueError in evaluation mode.
  void update(const BatchNormResult<T>& batch);
  /// The same from the statistics alone, for those who do not keep y; var divides by count.
  void update(const Tensor<T>& mean, const Tensor<T>& var, Index count);

  const RunningStatistics<T>& running() const { return running_; }
  void reset_running() { running_.reset(); }

  std::vector<typename Module<T>::Entry> entries() override;

 private:
  bool training_ = true;
};

}  // namespace wengert
