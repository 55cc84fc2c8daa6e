// SPDX-License-Identifier: MIT
#include <bench/peers/problem.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace wengert::bench {
namespace {

// The sum of four uniform numbers, near enough to a normal one, from the four quarters of one random word.
class Normal {
 public:
  double operator()() {
    state_ += 0x9E3779B97F4A7C15u;  // splitmix64
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    const std::uint64_t quarter = 0xFFFF;
    const std::uint64_t sum = (z & quarter) + (z >> 16 & quarter) + (z >> 32 & quarter) + (z >> 48);
    return (static_cast<double>(sum) * 0x1p-16 - 2) * std::sqrt(3.0);
  }

 private:
  std::uint64_t state_ = 7;
};

}  // namespace

template <class T>
void fill(Problem<T>& p, Distribution distribution) {
  Normal normal;
  for (Index i = 0; i < p.size(); ++i) {
    const double z = normal();
    p.x.get()[i] = static_cast<T>(distribution.mean + distribution.std * z);
    p.dy.get()[i] = static_cast<T>(0.25 + normal() + 0.5 * z);
  }
  std::fill_n(p.y.get(), p.size(), T(0));
  std::fill_n(p.dx.get(), p.size(), T(0));
  for (T& v : p.gamma) v = static_cast<T>(1 + 0.25 * normal());
  for (T& v : p.beta) v = static_cast<T>(0.5 + 0.25 * normal());
}

template void fill(Problem<float>&, Distribution);
template void fill(Problem<double>&, Distribution);

}  // namespace wengert::bench
