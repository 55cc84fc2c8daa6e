// SPDX-License-Identifier: MIT
// The numbers of one case, shared by all contenders, and room for what they write.
#pragma once

#include <bench/peers/case.h>

#include <cstdlib>
#include <functional>
#include <new>
#include <vector>

namespace wengert::bench {

/// Aligned to a huge page if it fills one. Small buffers are not: at one and the same offset in a page they
/// would fight for the sets of L1.
template <class T>
class Memory {
 public:
  explicit Memory(Index n) {
    const std::size_t bytes = static_cast<std::size_t>(n) * sizeof(T), huge = std::size_t{2} << 20;
    const std::size_t alignment = bytes < huge ? 64 : huge;
    data_ = static_cast<T*>(std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment));
    if (data_ == nullptr) throw std::bad_alloc();
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { std::free(data_); }
  T* get() const { return data_; }

 private:
  T* data_;
};

/// x, dy, y, dx in the order of memory that the layout says; gamma, beta: [C].
template <class T>
struct Problem {
  explicit Problem(const Dimensions& d)
      : dimensions(d),
        x(d.size()),
        dy(d.size()),
        y(d.size()),
        dx(d.size()),
        gamma(static_cast<std::size_t>(d.c)),
        beta(gamma) {}

  Index size() const { return dimensions.size(); }

  Dimensions dimensions;
  double eps = 1e-5;
  Memory<T> x, dy, y, dx;
  std::vector<T> gamma, beta;
};

/// How x is drawn: mean + std·N(0,1); a constant column is one with std = 0.
struct Distribution {
  double mean = 0;
  double std = 1;
};

/// Random x, gamma and beta, and a dy of which a part follows x, so that dgamma is no small difference.
template <class T>
void fill(Problem<T>& problem, Distribution distribution);

}  // namespace wengert::bench
