// SPDX-License-Identifier: MIT
#include <autodiff/kernels/permute.h>

#include <array>

namespace wengert::kernels {

template <class T>
void permute(const Shape& shape, std::span<const std::int8_t> order, const T* x, T* y) {
  if (shape.size() == 0) return;
  const int rank = shape.rank();
  std::array<Index, Shape::max_rank> x_stride{};
  Index stride = 1;
  for (int axis = rank; axis-- > 0;) {
    x_stride[static_cast<std::size_t>(axis)] = stride;
    stride *= shape[axis];
  }
  std::array<Index, Shape::max_rank> extent{};
  std::array<Index, Shape::max_rank> step{};
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(rank); ++axis) {
    extent[axis] = shape[order[axis]];
    step[axis] = x_stride[static_cast<std::size_t>(order[axis])];
  }
  std::array<Index, Shape::max_rank> place{};
  Index from = 0;
  for (Index to = 0; to < shape.size(); ++to) {
    y[to] = x[from];
    for (auto axis = static_cast<std::size_t>(rank); axis-- > 0;) {
      from += step[axis];
      if (++place[axis] < extent[axis]) break;
      from -= step[axis] * extent[axis];
      place[axis] = 0;
    }
  }
}

template void permute(const Shape&, std::span<const std::int8_t>, const float*, float*);
template void permute(const Shape&, std::span<const std::int8_t>, const double*, double*);
template void permute(const Shape&, std::span<const std::int8_t>, const long double*, long double*);

}  // namespace wengert::kernels
