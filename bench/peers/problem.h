// SPDX-License-Identifier: MIT
// The numbers of one case, shared by all contenders, and room for what they write.
#pragma once

#include <autodiff/memory.h>
#include <bench/peers/case.h>

#include <functional>
#include <vector>

namespace wengert::bench {

/// Memory as tensors have it.
template <class T>
class Memory {
 public:
  explicit Memory(Index n) : buffer_(Buffer::allocate(static_cast<std::size_t>(n) * sizeof(T))) {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  T* get() const { return static_cast<T*>(buffer_.data()); }

 private:
  Buffer buffer_;
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
