// SPDX-License-Identifier: MIT
// Broadcasting, reductions and permutations by index arithmetic, one element at a time: the measure of the
// ops.
#pragma once

#include <autodiff/tensor.h>

#include <vector>

namespace wengert::test {

using Place = std::vector<Index>;

inline Place place_of(const Shape& shape, Index flat) {
  Place place(static_cast<std::size_t>(shape.rank()));
  for (std::size_t axis = place.size(); axis-- > 0;) {
    place[axis] = flat % shape[static_cast<int>(axis)];
    flat /= shape[static_cast<int>(axis)];
  }
  return place;
}

inline Index flat_of(const Shape& shape, const Place& place) {
  Index flat = 0;
  for (std::size_t axis = 0; axis < place.size(); ++axis) {
    flat = flat * shape[static_cast<int>(axis)] + place[axis];
  }
  return flat;
}

/// The element of `x` that NumPy puts at `place` of a larger shape.
template <class T>
T element(const Tensor<T>& x, Place place) {
  place.erase(place.begin(), place.end() - x.shape().rank());
  for (std::size_t axis = 0; axis < place.size(); ++axis) {
    if (x.shape()[static_cast<int>(axis)] == 1) place[axis] = 0;
  }
  return x[flat_of(x.shape(), place)];
}

template <class T, class F>
Tensor<T> plain_map(const Tensor<T>& x, F f) {
  Tensor<T> y = Tensor<T>::uninitialized(x.shape());
  for (Index i = 0; i < x.size(); ++i) y.mutable_data()[i] = f(x[i]);
  return y;
}

template <class T, class F>
Tensor<T> plain_zip(const Tensor<T>& a, const Tensor<T>& b, const Shape& shape, F f) {
  Tensor<T> y = Tensor<T>::uninitialized(shape);
  for (Index i = 0; i < y.size(); ++i) {
    const Place place = place_of(shape, i);
    y.mutable_data()[i] = f(element(a, place), element(b, place));
  }
  return y;
}

/// combine(accumulated, x) over the axes of the set, from `start`; `shape` is that of the result.
template <class T, class F>
Tensor<T> plain_reduce(const Tensor<T>& x, AxisSet axes, const Shape& shape, T start, F combine) {
  Tensor<T> y = Tensor<T>::full(shape, start);
  for (Index i = 0; i < x.size(); ++i) {
    Place kept;
    const Place place = place_of(x.shape(), i);
    for (int axis = 0; axis < x.shape().rank(); ++axis) {
      if (!axes.contains(axis)) {
        kept.push_back(place[static_cast<std::size_t>(axis)]);
      } else if (shape.rank() == x.shape().rank()) {
        kept.push_back(0);
      }
    }
    T& slot = y.mutable_data()[flat_of(shape, kept)];
    slot = combine(slot, x[i]);
  }
  return y;
}

}  // namespace wengert::test
