// SPDX-License-Identifier: MIT
// What a kernel tells the allocator: the scratch it holds while it runs. And what it is told: whether a dry
// run is under way, which counts bytes and computes nothing.
#pragma once

#include <autodiff/shape.h>

namespace wengert::kernels {

/// While it lives, `bytes` of scratch count as live. To be made once at the entry of a kernel, for all its
/// threads together, so that the count follows from the shape and not from which thread was faster.
class ScratchCount {
 public:
  explicit ScratchCount(Index bytes);
  ~ScratchCount();
  ScratchCount(const ScratchCount&) = delete;
  ScratchCount& operator=(const ScratchCount&) = delete;

 private:
  Index bytes_;
};

/// A kernel returns at once where this holds, after it has counted its scratch.
bool account_only();

}  // namespace wengert::kernels
