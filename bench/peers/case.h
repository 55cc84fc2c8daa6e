// SPDX-License-Identifier: MIT
// The shapes that are measured, and what is asked of our kernels there.
#pragma once

#include <layers/kernels/batch_norm.h>

#include <string>
#include <vector>

namespace wengert::bench {

enum class Layout { nc, nchw, nhwc };

/// Sizes as [N, C, H, W] whatever the layout; NC has H = W = 1.
struct Dimensions {
  Layout layout = Layout::nc;
  Index n = 0, c = 0, h = 1, w = 1;

  Index size() const { return n * c * h * w; }
  kernels::ChannelView view() const {
    if (layout == Layout::nchw) return {n, c, h * w};
    return {n * h * w, c, 1};
  }
};

/// "NCHW (8,256,14,14)"
std::string to_string(const Dimensions& dimensions);

enum class FloorKind { two_sweep, l2_blocked };

/// The most that a step of the fused kernels may take, as a multiple of the floor and of the best peer.
struct Target {
  FloorKind floor;
  double of_floor, of_peer;
  double staged_of_staged;  ///< our staged form against PyTorch's
  bool scales;              ///< two threads: at least 0.9 of the copy's speed-up
};

struct Case {
  Dimensions dimensions;
  Target target;
};

const std::vector<Case>& cases();

}  // namespace wengert::bench
