// SPDX-License-Identifier: MIT
// The layers that normalise each sample by itself, under one handle: which layer, on which shape, with which
// options; and the group that each element belongs to, worked out from its indices and not from the layer.
#pragma once

#include <layers/group_norm.h>
#include <layers/instance_norm.h>
#include <layers/layer_norm.h>
#include <layers/rms_norm.h>
#include <tests/support/differences.h>

#include <string>
#include <vector>

namespace wengert::test {

struct NormCase {
  std::string layer;
  Shape shape;
  int axes_or_groups = 1;  ///< normalised axes of layer_norm and rms_norm, groups of group_norm
  int channel_axis = 1;
  double eps = 1e-5;
  bool gamma = true, beta = true;

  bool is_trailing() const { return layer == "layer_norm" || layer == "rms_norm"; }
  bool has_beta() const { return beta && layer != "rms_norm"; }
  int channel() const { return channel_axis < 0 ? channel_axis + shape.rank() : channel_axis; }
  int groups() const {
    return layer == "instance_norm" ? static_cast<int>(shape[channel()]) : axes_or_groups;
  }
  Shape parameter() const {
    return is_trailing() ? Shape(std::span(shape.end() - axes_or_groups, shape.end()))
                         : Shape{shape[channel()]};
  }
};

// Odd extents, one group and as many as channels, either place of the channels, one axis and all of them.
inline const std::vector<NormCase> norm_cases = {{"layer_norm", {5, 7}},
                                                 {"layer_norm", {7}},
                                                 {"layer_norm", {2, 3, 5}, 2},
                                                 {"layer_norm", {2, 3, 4}, 3},
                                                 {"layer_norm", {3, 1, 2}},
                                                 {"layer_norm", {3, 37}},
                                                 {"rms_norm", {5, 7}},
                                                 {"rms_norm", {3, 2, 5}, 2},
                                                 {"rms_norm", {4, 1}},
                                                 {"rms_norm", {7}},
                                                 {"group_norm", {3, 6}, 2},
                                                 {"group_norm", {2, 6, 5}, 3},
                                                 {"group_norm", {3, 4, 2, 3}, 4},
                                                 {"group_norm", {2, 6, 3, 7}, 1},
                                                 {"group_norm", {2, 3, 4, 6}, 3, -1},
                                                 {"group_norm", {2, 5, 4, 3}, 2, 2},
                                                 {"instance_norm", {3, 2, 5}},
                                                 {"instance_norm", {2, 3, 3, 2}},
                                                 {"instance_norm", {2, 5, 3}, 1, -1},
                                                 {"instance_norm", {1, 4, 2}}};

inline std::string to_string(const NormCase& c) {
  return c.layer + " " + wengert::to_string(c.shape) + " " + std::to_string(c.axes_or_groups) + " axis " +
         std::to_string(c.channel_axis) + (c.gamma ? " gamma" : "") + (c.has_beta() ? " beta" : "");
}

template <class T>
struct NormOutput {
  Var<T> y;
  Tensors<T> statistics;
};

/// x [, gamma] [, beta] in.
template <class T>
NormOutput<T> run_norm(const NormCase& c, bool fused, Vars<T> in) {
  const OptionalVar<T> gamma = c.gamma ? OptionalVar<T>(in[1]) : std::nullopt;
  const OptionalVar<T> beta = c.has_beta() ? OptionalVar<T>(in[c.gamma ? 2 : 1]) : std::nullopt;
  const auto output = [](auto r) { return NormOutput<T>{r.y, {r.mean, r.var, r.inv_std}}; };
  if (c.layer == "layer_norm") {
    const LayerNormOptions options{.eps = c.eps, .normalized_axes = c.axes_or_groups};
    return output(fused ? fused::layer_norm<T>(in[0], gamma, beta, options)
                        : staged::layer_norm<T>(in[0], gamma, beta, options));
  }
  if (c.layer == "group_norm") {
    const GroupNormOptions options{.groups = c.axes_or_groups, .eps = c.eps, .channel_axis = c.channel_axis};
    return output(fused ? fused::group_norm<T>(in[0], gamma, beta, options)
                        : staged::group_norm<T>(in[0], gamma, beta, options));
  }
  if (c.layer == "instance_norm") {
    const InstanceNormOptions options{.eps = c.eps, .channel_axis = c.channel_axis};
    return output(fused ? fused::instance_norm<T>(in[0], gamma, beta, options)
                        : staged::instance_norm<T>(in[0], gamma, beta, options));
  }
  const RmsNormOptions options{.eps = c.eps, .normalized_axes = c.axes_or_groups};
  const RmsNormResult<T> r =
      fused ? fused::rms_norm<T>(in[0], gamma, options) : staged::rms_norm<T>(in[0], gamma, options);
  return {r.y, {r.ms, r.inv_rms}};
}

template <class T>
Function<T> norm_function(const NormCase& c, bool fused) {
  return [c, fused](Vars<T> in) { return run_norm<T>(c, fused, in).y; };
}

template <class T>
Tensors<T> norm_inputs(const NormCase& c, std::uint64_t seed = 131) {
  Random random(seed);
  Tensors<T> inputs{random.tensor<T>(c.shape, -1, 3)};
  if (c.gamma) inputs.push_back(random.tensor<T>(c.parameter(), -2, 2));
  if (c.has_beta()) inputs.push_back(random.tensor<T>(c.parameter()));
  return inputs;
}

/// Which group an element belongs to, and which gamma it is given.
struct Place {
  Index group, parameter;
};

inline Place place_of(const NormCase& c, Index flat) {
  if (c.is_trailing()) {
    const Index row = c.parameter().size();
    return {flat / row, flat % row};
  }
  Index channel = 0, rest = flat;
  for (int axis = c.shape.rank() - 1; axis > 0; --axis) {
    if (axis == c.channel()) channel = rest % c.shape[axis];
    rest /= c.shape[axis];
  }
  const Index channels = c.shape[c.channel()];
  return {rest * c.groups() + channel * c.groups() / channels, channel};
}

}  // namespace wengert::test
