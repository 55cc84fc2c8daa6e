// SPDX-License-Identifier: MIT
// Which layer, on which numbers: the options that `compare` and `graph` share.
#pragma once

#include <autodiff/compare/subject.h>
#include <tools/shape_text.h>

#include <cstdint>
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
  std::string input;  ///< a .npy file with x
  int groups = 32;    ///< group_norm
  int axes = 1;       ///< layer_norm and rms_norm: trailing axes that are normalised over
  double eps = 1e-5;
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
/// Throws ValueError for an unknown layer, and for a layout where no channel is normalised, FileError for an
/// unreadable input.
template <class T>
Subject<T> make_subject(const LayerChoice& choice);

}  // namespace wengert
