// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <fmt/format.h>
#include <tools/cli/layer_choice.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace wengert {
void add_layer_options(CLI::App& command, LayerChoice& choice) {
  command.add_option("layer", choice.layer, fmt::format("The layer: {}", known_layers()))->required();
  auto* shape =
      command.add_option("--shape", choice.shape, "Shape of a random x, such as 128x256 or 8x32x14x14");
  command
      .add_option("--input", choice.input,
                  "A NumPy .npy file with x (float32 or float64) instead of random numbers")
      ->excludes(shape);
  command.add_option("--layout", choice.layout,
                     "What the axes are: NC, NCL, NCHW, NHWC, DN, … ; the C (or D) is normalised for itself. "
                     "Default by rank: NC, NCL, NCHW, NCDHW");
  command.add_option("--dtype", choice.dtype, "float32 or float64")
      ->check(CLI::IsMember({"float32", "float64"}))
      ->capture_default_str();
  command.add_option("--eps", choice.eps, "Norms: added to the variance under the root, by default 1e-5");
  command.add_option("--groups", choice.groups,
                     "group_norm: how many groups the channels form, by default 32");
  command.add_option("--axes", choice.axes,
                     "layer_norm, rms_norm: how many trailing axes are normalised over, by default 1");
  command.add_option("--seed", choice.seed, "Of the random numbers")->capture_default_str();
}

int parse_channel_axis(const std::string& layout, int rank) {
  if (layout.empty()) return 1;
  if (static_cast<int>(layout.size()) != rank) {
    throw ShapeError(fmt::format("--layout: {} names {} axes, x has {}", layout, layout.size(), rank));
  }
  const char channel = layout.find('C') == std::string::npos ? 'D' : 'C';
  const bool known = std::ranges::all_of(
      layout, [](char c) { return std::string_view("NCDHWL").find(c) != std::string_view::npos; });
  if (!known || std::ranges::count(layout, channel) != 1) {
    throw ValueError(fmt::format(
        "--layout: \"{}\" came, expected letters of N C D H W L with one C, such as NCHW, or DN", layout));
  }
  return static_cast<int>(layout.find(channel));
}

}  // namespace wengert
