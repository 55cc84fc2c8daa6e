// SPDX-License-Identifier: MIT
// One training run of the classifier on the digits, in one form.
#pragma once

#include <tools/train/classifier.h>
#include <tools/train/digits.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace wengert::train {

enum class OptimizerKind { sgd, adam };

struct TrainOptions {
  NormKind norm = NormKind::batch_norm;
  OptimizerKind optimizer = OptimizerKind::adam;
  double learning_rate = 0;  ///< 0: 0.05 for sgd, 0.003 for adam
  int epochs = 20;
  Index batch = 64;
  std::uint64_t seed = 1;  ///< of the first weights and of the order of the batches
};

/// What one epoch came to.
struct Epoch {
  double loss = 0;      ///< mean over its steps
  double accuracy = 0;  ///< on the held-out samples, in evaluation mode; 0 to 1
  double seconds = 0;   ///< of its steps
};

struct TrainRun {
  Form form = Form::fused;
  std::vector<double> losses;  ///< one a step
  std::vector<Epoch> epochs;
  std::size_t saved_bytes = 0;  ///< kept for backward by the tape of a full batch
  std::size_t peak_bytes = 0;   ///< the most that lived at once in that step beyond what lived before it

  double final_accuracy() const { return epochs.empty() ? 0 : epochs.back().accuracy; }
  double seconds_per_epoch() const;  ///< the median
  /// The first step, from 1, whose loss is not finite; none where all are.
  std::optional<std::size_t> diverged_at() const;
};

/// Everything follows from the options, the form and the data: the same run every time.
/// `progress` is called after each epoch. Throws ValueError for epochs or batch below 1 or 2, and for a
/// learning rate that is negative or not finite.
template <class T>
TrainRun train(const TrainOptions& options, Form form, const Digits<T>& digits,
               const std::function<void(const TrainRun&)>& progress = {});

/// The share of the samples whose largest logit is that of their class.
template <class T>
double accuracy(const Classifier<T>& classifier, const Samples<T>& samples);

/// The largest |a − b| of two curves of one length, over the first `steps` steps.
double largest_difference(const TrainRun& a, const TrainRun& b, std::size_t steps = SIZE_MAX);

}  // namespace wengert::train
