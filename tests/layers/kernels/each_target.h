// SPDX-License-Identifier: MIT
// A kernel under every instruction set that the machine has, and under a given number of threads.
#pragma once

#include <autodiff/kernels/parallel.h>
#include <hwy/targets.h>
#include <tests/support/catch.h>

#include <cstdint>

namespace wengert::test {

/// Calls body once for each instruction set, which the kernels are then dispatched to.
template <class Body>
void for_each_target(Body body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    CAPTURE(hwy::TargetName(target));
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

class Threads {
 public:
  explicit Threads(int n) { kernels::use_threads(n); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { kernels::use_threads(0); }
};

}  // namespace wengert::test
