// SPDX-License-Identifier: MIT
// InstanceNorm<T>: instance normalisation with its parameters and, if wanted, running statistics.
// docs/modules.md.
#pragma once

#include <layers/form.h>
#include <layers/instance_norm.h>
#include <layers/modules/module.h>
#include <layers/modules/running_statistics.h>

#include <optional>

namespace wengert {

struct InstanceNormConfig {
  Index channels;
  double eps = 1e-5;
  int channel_axis = 1;
  std::optional<double> momentum = 0.1;  ///< as in BatchNormConfig
  bool affine = false;                   ///< gamma and beta
  bool tracking = false;  ///< running statistics, which evaluation uses; without, it uses the instance's own
  Form form = Form::fused;
};

template <class T>
class InstanceNorm : public Module<T> {
  InstanceNormConfig config_;
  RunningStatistics<T> running_;  // checks the number of channels before anything is made of it

 public:
  /// Throws as BatchNorm does.
  explicit InstanceNorm(InstanceNormConfig config);

  Parameter<T> gamma;  ///< [C], starts at 1; absent without affine
  Parameter<T> beta;   ///< [C], starts at 0; absent without affine
  Form form;

  void train() { training_ = true; }
  void eval() { training_ = false; }
  bool training() const { return training_; }

  /// Changes nothing. With the running statistics mean, var and inv_std are [C], else [N, C].
  InstanceNormResult<T> forward(Var<T> x) const;
  Var<T> operator()(Var<T> x) const { return forward(std::move(x)).y; }

  /// One step with the average over the batch of each instance's mean and unbiased variance; nothing without
  /// tracking. Throws ValueError in evaluation mode and for an empty batch.
  void update(const InstanceNormResult<T>& batch);

  const RunningStatistics<T>& running() const { return running_; }
  void reset_running() { running_.reset(); }

  std::vector<typename Module<T>::Entry> entries() override;

 private:
  bool training_ = true;
};

}  // namespace wengert
