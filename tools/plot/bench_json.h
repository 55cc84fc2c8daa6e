// SPDX-License-Identifier: MIT
// Measurements out of the JSON that Google Benchmark writes (--benchmark_out=FILE.json).
#pragma once

#include <tools/plot/plot.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

/// A panel of time for every "layer/pass", and one of memory where it was measured, with a series for every
/// form: the name is layer/pass/form/extents. The size is the product of the extents. Medians, where the
/// repetitions were aggregated, else the mean of the repetitions with its spread. A form called "floor" or
/// "copy" is drawn as a floor. Throws FileError, which names `file`, for what is not such JSON.
std::vector<PlotPanel> bench_panels(std::string_view json, const std::string& file);

/// Those of a file.
std::vector<PlotPanel> read_bench(const std::filesystem::path& file);

}  // namespace wengert
