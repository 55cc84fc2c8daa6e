// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace wengert {

/// Nanoseconds since it was made; one that is not running reads no clock and says 0.
class Stopwatch {
 public:
  explicit Stopwatch(bool running = true) : running_(running) {
    if (running_) start_ = Clock::now();
  }
  std::int64_t nanoseconds() const {
    return running_ ? std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_).count() : 0;
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool running_;
  Clock::time_point start_{};
};

}  // namespace wengert
