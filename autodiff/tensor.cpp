// SPDX-License-Identifier: MIT
#include <autodiff/tensor.h>

namespace wengert {

template <class T>
Tensor<T>::Tensor(const Shape& shape, std::span<const T> values) {
  if (static_cast<Index>(values.size()) != shape.size()) {
    throw ShapeError("tensor: " + std::to_string(values.size()) + " values came, expected " +
                     std::to_string(shape.size()) + " for shape " + to_string(shape));
  }
  *this = uninitialized(shape);
  std::ranges::copy(values, mutable_data());
}

template <class T>
T Tensor<T>::item() const {
  if (!*this || size() != 1) {
    throw ShapeError("item: tensor has shape " + to_string(shape_) + ", expected exactly one element");
  }
  return data()[0];
}

template <class T>
Tensor<T> Tensor<T>::reshaped(const Shape& shape) const {
  if (shape.size() != size()) {
    throw ShapeError("reshape: shape " + to_string(shape_) + " has " + std::to_string(size()) +
                     " elements, the new shape " + to_string(shape) + " has " + std::to_string(shape.size()));
  }
  return Tensor(shape, buffer_);
}

template <class T>
T* Tensor<T>::mutable_data() {
  if (!buffer_.unique()) {
    throw ValueError("mutable_data: the numbers of tensor " + to_string(shape_) + " are " +
                     (buffer_.borrowed() ? "borrowed" : "shared") +
                     ", expected a sole owner; write to a clone()");
  }
  return static_cast<T*>(buffer_.data());
}

template class Tensor<float>;
template class Tensor<double>;
template class Tensor<long double>;

}  // namespace wengert
