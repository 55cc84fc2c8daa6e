// SPDX-License-Identifier: MIT
#pragma once

#include <tools/train/train_report.h>

#include <filesystem>

namespace wengert::train {

/// The program of gnuplot's that draws the curves, with their numbers in it: the loss of every step and the
/// accuracy of every epoch, a line a form.
std::string gnuplot_script(const TrainReport& report, const std::filesystem::path& svg);

/// Runs gnuplot on it. Throws FileError when gnuplot is not there, fails, or the file cannot be written.
void plot(const TrainReport& report, const std::filesystem::path& svg);

}  // namespace wengert::train
