// SPDX-License-Identifier: MIT
#pragma once

#include <tools/train/training.h>

#include <optional>
#include <string>
#include <vector>

namespace wengert::train {

/// What was run: the settings, and a run for each form.
struct TrainReport {
  std::string norm, dtype, optimizer;
  TrainOptions options;
  std::vector<TrainRun> runs;

  /// Of the two loss curves; nothing with one form.
  std::optional<double> largest_loss_difference() const;
};

/// "staged  epoch 3/20  loss 0.0123  accuracy 97.2 %"
std::string progress_line(const TrainRun& run, int epochs);

/// The table: for each form time per epoch, saved bytes, peak bytes, final accuracy; and how far the loss
/// curves are apart.
std::string to_text(const TrainReport& report);

/// The same as JSON, with the curves.
std::string to_json(const TrainReport& report);

}  // namespace wengert::train
