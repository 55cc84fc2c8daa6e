// SPDX-License-Identifier: MIT
// Which layer, on which numbers: the options that `compare` and `graph` share.
#pragma once

#include <autodiff/compare/subject.h>
#include <tools/shape_text.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace wengert {

struct LayerChoice {
  std::string layer;
  std::string shape;   ///< of the random x, when there is no input file; empty: one that suits the layer
  std::string layout;  ///< "NC", "NCHW", …; empty: by rank
  std::string dtype = "float32";
  std::string input;          ///< a .npy file with x
  std::optional<int> groups;  ///< group_norm; 32
  std::optional<int> axes;    ///< layer_norm and rms_norm: trailing axes that are normalised over; 1
  std::optional<double> eps;  ///< norms; 1e-5
  std::uint64_t seed = 1;
};

/// Adds `layer`, --shape, --layout, --dtype, --input, --eps, --groups, --axes and --seed to a command.
void add_layer_options(CLI::App& command, LayerChoice& choice);

/// "batch_norm, layer_norm, …": for messages.
std::string known_layers();

/// The axis of the C in a layout such as "NHWC", or of the D in "DN"; by rank when the layout is empty.
/// Throws ValueError for a layout without exactly one, ShapeError for one of another rank.
int parse_channel_axis(const std::string& layout, int rank);

/// The layer with x read from the file or random, and random parameters.
/// Throws ValueError for an unknown layer, and for an option that the layer has no use for, FileError for an
/// unreadable input.
template <class T>
Subject<T> make_subject(const LayerChoice& choice);

}  // namespace wengert
