// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/memory.h>
#include <benchmark/benchmark.h>

#include <cstdint>

namespace wengert::bench {

/// Puts peak bytes and allocations into Google Benchmark's JSON. It would count the set-up of a case too, so
/// a case calls start_of_loop() once its inputs stand.
class MemoryManager : public benchmark::MemoryManager {
 public:
  static void start_of_loop() {
    memory::reset();
    live_before_ = memory::stats().live_bytes;
  }
  void Start() override { start_of_loop(); }
  void Stop(Result* result) override {
    const memory::Stats stats = memory::stats();
    result->max_bytes_used = static_cast<std::int64_t>(stats.peak_bytes - live_before_);
    result->num_allocs = static_cast<std::int64_t>(stats.allocations);
  }

 private:
  static inline std::size_t live_before_ = 0;
};

}  // namespace wengert::bench
