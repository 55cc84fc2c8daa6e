// SPDX-License-Identifier: MIT
#include <autodiff/compare/agreement.h>
#include <autodiff/ops.h>
#include <fmt/format.h>
#include <layers/batch_norm.h>
#include <tools/cli/layer_choice.h>
#include <tools/npy.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

namespace wengert {
namespace {

constexpr const char* known_layers = "batch_norm";

// gamma around 1 and beta around 0, as in a network under training.
template <class T>
Tensor<T> random_parameter(Index channels, T centre, std::uint64_t seed) {
  const Tensor<T> noise = random_normal<T>({channels}, seed);
  return Tensor<T>((noise.flat() * T(0.1) + centre).matrix());
}

template <class T>
Tensor<T> load_or_make_x(const LayerChoice& choice) {
  if (!choice.input.empty()) return read_npy<T>(choice.input);
  return random_normal<T>(parse_shape(choice.shape), choice.seed + 10);
}

}  // namespace

void add_layer_options(CLI::App& command, LayerChoice& choice) {
  command.add_option("layer", choice.layer, fmt::format("The layer: {}", known_layers))->required();
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
  command.add_option("--eps", choice.eps, "Added to the variance under the root")->capture_default_str();
  command.add_option("--seed", choice.seed, "Of the random numbers")->capture_default_str();
}

Shape parse_shape(const std::string& text) {
  std::vector<Index> extents;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    Index extent = 0;
    const auto [after, error] = std::from_chars(at, end, extent);
    if (error != std::errc() || extent < 0) break;
    extents.push_back(extent);
    if (after == end) return Shape(std::span<const Index>(extents));
    if (*after != 'x' && *after != ',') break;
    at = after + 1;
  }
  throw ValueError(fmt::format("--shape: \"{}\" came, expected extents such as 128x256", text));
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

template <class T>
Subject<T> make_subject(const LayerChoice& choice) {
  if (choice.layer != "batch_norm") {
    throw ValueError(
        fmt::format("layer: \"{}\" is not known, expected one of: {}", choice.layer, known_layers));
  }
  Tensor<T> x = load_or_make_x<T>(choice);
  const BatchNormOptions options{.eps = choice.eps,
                                 .channel_axis = parse_channel_axis(choice.layout, x.shape().rank())};
  const Index channels = x.shape()[resolve_axis("batch_norm", options.channel_axis, x.shape().rank())];
  return make_subject<T>(
      choice.layer,
      {{"x", std::move(x)},
       {"gamma", random_parameter<T>(channels, T(1), choice.seed + 11)},
       {"beta", random_parameter<T>(channels, T(0), choice.seed + 12)}},
      [options](auto in) { return staged::batch_norm(in[0], in[1], in[2], options).y; },
      [options](auto in) { return fused::batch_norm(in[0], in[1], in[2], options).y; });
}

template Subject<float> make_subject(const LayerChoice&);
template Subject<double> make_subject(const LayerChoice&);

}  // namespace wengert
