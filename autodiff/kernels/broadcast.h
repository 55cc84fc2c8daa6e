// SPDX-License-Identifier: MIT
// Elementwise loops: y = f(x), and y = f(a, b, …) with NumPy broadcasting. `y` may be the memory of any
// argument that has y's shape, since an element is read before it is written.
#pragma once

#include <autodiff/shape.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace wengert::kernels {

template <class T, class F>
void map(Index n, const T* x, T* y, F f) {
  for (Index i = 0; i < n; ++i) y[i] = f(x[i]);
}

/// One argument of a broadcast loop.
template <class T>
struct Argument {
  const T* data;
  const Shape& shape;
};

/// The nest of loops over y: adjacent axes are merged where every argument allows it. Axis 0 is the
/// innermost. A stride of 0 repeats.
template <std::size_t N>
struct LoopNest {
  int rank = 0;
  std::array<Index, Shape::max_rank> extent{};
  std::array<std::array<Index, Shape::max_rank>, N> stride{};
};

template <std::size_t N>
LoopNest<N> loop_nest(const Shape& y, const std::array<const Shape*, N>& arguments) {
  LoopNest<N> nest;
  std::array<Index, N> next{};
  next.fill(1);
  for (int from_end = 1; from_end <= y.rank(); ++from_end) {
    const Index extent = y[y.rank() - from_end];
    std::array<Index, N> stride{};
    for (std::size_t k = 0; k < N; ++k) {
      const Shape& shape = *arguments[k];
      const Index own = from_end <= shape.rank() ? shape[shape.rank() - from_end] : 1;
      stride[k] = own == 1 ? 0 : next[k];
      next[k] *= own;
    }
    if (extent == 1) continue;
    const auto level = static_cast<std::size_t>(nest.rank);
    bool merges = nest.rank > 0;
    for (std::size_t k = 0; merges && k < N; ++k) {
      merges = stride[k] == nest.stride[k][level - 1] * nest.extent[level - 1];
    }
    if (merges) {
      nest.extent[level - 1] *= extent;
      continue;
    }
    nest.extent[level] = extent;
    for (std::size_t k = 0; k < N; ++k) nest.stride[k][level] = stride[k];
    ++nest.rank;
  }
  if (nest.rank == 0) nest.extent[0] = 1, nest.rank = 1;
  return nest;
}

/// Calls row(y_offset, argument offsets) for every innermost run of `nest`.
template <std::size_t N, class Row>
void for_each_row(const LoopNest<N>& nest, Row row) {
  std::array<Index, Shape::max_rank> place{};
  std::array<Index, N> offset{};
  for (Index y = 0;; y += nest.extent[0]) {
    row(y, offset);
    int level = 1;
    for (; level < nest.rank; ++level) {
      const auto l = static_cast<std::size_t>(level);
      for (std::size_t k = 0; k < N; ++k) offset[k] += nest.stride[k][l];
      if (++place[l] < nest.extent[l]) break;
      for (std::size_t k = 0; k < N; ++k) offset[k] -= nest.stride[k][l] * nest.extent[l];
      place[l] = 0;
    }
    if (level == nest.rank) return;
  }
}

/// y = f(p, q) over `rows` rows of `width` elements, where p is as long as y and q one row that repeats.
/// Where a row is shorter than the loop around it is worth, q is repeated first.
template <class T, class F>
void zip_with_row(Index rows, Index width, const T* p, const T* q, T* y, F f) {
  constexpr Index narrow = 64;
  std::array<T, 2 * narrow> repeated;
  Index step = width;
  if (width < narrow) {
    for (step = 0; step < narrow; step += width) std::copy_n(q, width, repeated.data() + step);
    q = repeated.data();
  }
  const Index size = rows * width;
  for (Index begin = 0; begin < size; begin += step) {
    const Index n = std::min(step, size - begin);
    for (Index i = 0; i < n; ++i) y[begin + i] = f(p[begin + i], q[i]);
  }
}

/// y = f(a, b), both broadcast to the shape of y.
template <class T, class F>
void zip(Argument<T> a, Argument<T> b, const Shape& shape, T* y, F f) {
  if (shape.size() == 0) return;
  const auto nest = loop_nest<2>(shape, {&a.shape, &b.shape});
  const Index n = nest.extent[0];
  const Index step_a = nest.stride[0][0];
  const Index step_b = nest.stride[1][0];
  if (nest.rank == 2 && step_a == 1 && step_b == 1) {
    if (nest.stride[1][1] == 0) return zip_with_row(nest.extent[1], n, a.data, b.data, y, f);
    if (nest.stride[0][1] == 0) {
      return zip_with_row(nest.extent[1], n, b.data, a.data, y, [f](T q, T p) { return f(p, q); });
    }
  }
  for_each_row(nest, [&](Index at, const std::array<Index, 2>& offset) {
    const T* p = a.data + offset[0];
    const T* q = b.data + offset[1];
    T* out = y + at;
    // Three loops that a compiler can vectorise; a step is 0 or 1 in the innermost run.
    if (step_a != 0 && step_b != 0) {
      for (Index i = 0; i < n; ++i) out[i] = f(p[i], q[i]);
    } else if (step_a != 0) {
      for (Index i = 0, fixed = 0; i < n; ++i) out[i] = f(p[i], q[fixed]);
    } else {
      for (Index i = 0, fixed = 0; i < n; ++i) out[i] = f(p[fixed], q[i * step_b]);
    }
  });
}

/// y = f(a, b, c), all broadcast to the shape of y.
template <class T, class F>
void zip(Argument<T> a, Argument<T> b, Argument<T> c, const Shape& shape, T* y, F f) {
  if (shape.size() == 0) return;
  const auto nest = loop_nest<3>(shape, {&a.shape, &b.shape, &c.shape});
  for_each_row(nest, [&](Index at, const std::array<Index, 3>& offset) {
    for (Index i = 0; i < nest.extent[0]; ++i) {
      y[at + i] = f(a.data[offset[0] + i * nest.stride[0][0]], b.data[offset[1] + i * nest.stride[1][0]],
                    c.data[offset[2] + i * nest.stride[2][0]]);
    }
  });
}

/// y = x repeated.
template <class T>
void broadcast(Argument<T> x, const Shape& shape, T* y) {
  if (shape.size() == 0) return;
  const auto nest = loop_nest<1>(shape, {&x.shape});
  for_each_row(nest, [&](Index at, const std::array<Index, 1>& offset) {
    for (Index i = 0; i < nest.extent[0]; ++i) y[at + i] = x.data[offset[0] + i * nest.stride[0][0]];
  });
}

}  // namespace wengert::kernels
