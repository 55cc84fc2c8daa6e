// SPDX-License-Identifier: MIT
#pragma once

#include <tools/train/train_report.h>

#include <filesystem>
#include <string>

namespace wengert::train {

/// The program of gnuplot's that draws the curves, with their numbers in it: the loss of every step and the
/// accuracy of every epoch, a line a form.
std::string gnuplot_script(const TrainReport& report);

/// Runs gnuplot on it. Throws PlotError when gnuplot is not there or fails, FileError when the file cannot be
/// written.
void plot(const TrainReport& report, const std::filesystem::path& svg);

}  // namespace wengert::train
