// SPDX-License-Identifier: MIT
#include <bench/peers/measure.h>

#include <algorithm>
#include <chrono>

namespace wengert::bench {
namespace {

constexpr double shortest = 100e-6;  // seconds of one measurement, so that the clock's own cost is no matter
constexpr int fewest_rounds = 7, most_rounds = 2001;

// Steps before each measurement. What the contender before has left in the caches, dirty, is written back at
// the cost of whoever comes next: one short step does not get rid of it.
int untimed_steps(double seconds_a_step) { return seconds_a_step < 10e-3 ? 3 : 1; }

template <class F>
double seconds_of(int repeats, F f) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / repeats;
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

}  // namespace

std::vector<Microseconds> measure(const std::vector<Timed>& contenders, Effort effort) {
  const std::size_t n = contenders.size();
  std::vector<int> repeats(n), untimed(n);
  double round_seconds = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto step = [&] { contenders[i].forward(), contenders[i].backward(); };
    seconds_of(2, step);
    const double once = std::min(seconds_of(1, step), seconds_of(1, step));
    repeats[i] = std::clamp(static_cast<int>(shortest / once), 1, 1000);
    untimed[i] = untimed_steps(once);
    round_seconds += once * (untimed[i] + 1.5 * repeats[i]);
  }
  const int rounds = std::clamp(static_cast<int>(effort.seconds / round_seconds), fewest_rounds, most_rounds);
  std::vector<std::vector<double>> steps(n), forwards(n);
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t i = (k + static_cast<std::size_t>(round)) % n;
      const Timed& c = contenders[i];
      for (int step = 0; step < untimed[i]; ++step) c.forward(), c.backward();
      if (repeats[i] == 1) {
        const double forward = seconds_of(1, c.forward);
        forwards[i].push_back(forward);
        steps[i].push_back(forward + seconds_of(1, c.backward));
      } else {
        forwards[i].push_back(seconds_of(repeats[i], c.forward));
        c.backward();
        steps[i].push_back(seconds_of(repeats[i], [&] { c.forward(), c.backward(); }));
      }
    }
  }
  std::vector<Microseconds> result;
  for (std::size_t i = 0; i < n; ++i) {
    result.push_back(
        {quantile(steps[i], effort.quantile) * 1e6, quantile(forwards[i], effort.quantile) * 1e6});
  }
  return result;
}

}  // namespace wengert::bench
