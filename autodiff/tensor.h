// SPDX-License-Identifier: MIT
// Tensor<T>: a shape and numbers, no history. Row-major, contiguous, 64-byte aligned; copies share the
// numbers.
//
// Eigen at the door: a tensor is built from any dense Eigen expression, and `.matrix()`, `.array()`,
// `.flat()` look at it as Eigen maps. On an rvalue they return an owning copy instead, so that no map
// dangles.
#pragma once

#include <autodiff/error.h>
#include <autodiff/memory.h>
#include <autodiff/shape.h>

#include <Eigen/Core>
#include <algorithm>
#include <concepts>
#include <initializer_list>
#include <span>
#include <vector>

namespace wengert {

template <class T>
class Tensor {
 public:
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Array = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Flat = Eigen::Array<T, Eigen::Dynamic, 1>;

  /// No tensor at all: false in a condition. Everything else asks for a tensor.
  Tensor() = default;

  /// Row-major values. Throws ShapeError when their number is not shape.size().
  Tensor(const Shape& shape, std::span<const T> values);
  Tensor(const Shape& shape, std::initializer_list<T> values)
      : Tensor(shape, std::span(values.begin(), values.size())) {}

  /// The numbers of an Eigen expression, element (i, j) to element (i, j) whatever its storage order.
  /// A compile-time vector becomes rank 1, everything else rank 2.
  template <class Derived>
  requires std::same_as<typename Derived::Scalar, T> Tensor(const Eigen::DenseBase<Derived>& expression);

  static Tensor uninitialized(const Shape& shape) {
    return Tensor(shape, Buffer::allocate(static_cast<std::size_t>(shape.size()) * sizeof(T)));
  }
  static Tensor full(const Shape& shape, T value) {
    Tensor tensor = uninitialized(shape);
    std::fill_n(tensor.mutable_data(), shape.size(), value);
    return tensor;
  }
  static Tensor zeros(const Shape& shape) { return full(shape, T(0)); }
  static Tensor scalar(T value) { return full(Shape{}, value); }

  /// Memory of the caller's, not copied: the caller keeps it alive and unchanged while any tensor, Var or
  /// tape may read it. An Eigen column-major N×D matrix is a row-major [D, N] tensor this way.
  static Tensor borrow(const T* data, const Shape& shape) {
    return Tensor(shape, Buffer::borrow(data, static_cast<std::size_t>(shape.size()) * sizeof(T)));
  }

  explicit operator bool() const { return static_cast<bool>(buffer_); }
  const Shape& shape() const { return shape_; }
  Index size() const { return shape_.size(); }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * sizeof(T); }
  const T* data() const { return static_cast<const T*>(buffer_.data()); }
  std::span<const T> values() const { return {data(), static_cast<std::size_t>(size())}; }
  T operator[](Index flat_index) const { return data()[flat_index]; }

  /// The only element. Throws ShapeError when there is not exactly one.
  T item() const;

  /// The same numbers under another shape, shared. Throws ShapeError when the sizes differ.
  Tensor reshaped(const Shape& shape) const;

  /// A copy of its own.
  Tensor clone() const { return Tensor(shape_, values()); }

  /// The numbers rounded (or widened) to U.
  template <class U>
  Tensor<U> cast() const {
    Tensor<U> out = Tensor<U>::uninitialized(shape_);
    std::transform(data(), data() + size(), out.mutable_data(),
                   [](T value) { return static_cast<U>(value); });
    return out;
  }

  /// Whether nobody else shares the numbers, so that they may be written.
  bool unique() const { return buffer_.unique(); }
  /// For writing. Throws ValueError when the numbers are shared or borrowed: recorded values never change.
  T* mutable_data();

  /// Rank 2 only. Throws ShapeError otherwise.
  Eigen::Map<const Matrix> matrix() const& { return matrix_map<Matrix>("matrix"); }
  Matrix matrix() && { return matrix_map<Matrix>("matrix"); }
  Eigen::Map<const Array> array() const& { return matrix_map<Array>("array"); }
  Array array() && { return matrix_map<Array>("array"); }
  /// Any rank, as one column.
  Eigen::Map<const Flat> flat() const& { return {data(), size()}; }
  Flat flat() && { return Eigen::Map<const Flat>(data(), size()); }

  const Buffer& buffer() const { return buffer_; }
  Tensor(const Shape& shape, Buffer buffer) : shape_(shape), buffer_(std::move(buffer)) {}

 private:
  template <class Plain>
  Eigen::Map<const Plain> matrix_map(std::string_view what) const;

  Shape shape_;
  Buffer buffer_;
};

template <class T>
template <class Derived>
requires std::same_as<typename Derived::Scalar, T> Tensor<T>::Tensor(
    const Eigen::DenseBase<Derived>& expression) {
  if constexpr (Derived::IsVectorAtCompileTime) {
    *this = uninitialized({expression.size()});
  } else {
    *this = uninitialized({expression.rows(), expression.cols()});
  }
  const Index columns = Derived::IsVectorAtCompileTime ? 1 : expression.cols();
  if (size() == 0) return;
  if constexpr (Derived::RowsAtCompileTime == 1 && Derived::IsVectorAtCompileTime) {
    Eigen::Map<Eigen::Array<T, 1, Eigen::Dynamic>>(mutable_data(), size()) = expression.derived().array();
  } else {
    using Target = std::conditional_t<Derived::IsVectorAtCompileTime, Flat, Array>;
    Eigen::Map<Target>(mutable_data(), size() / columns, columns) = expression.derived().array();
  }
}

template <class T>
template <class Plain>
Eigen::Map<const Plain> Tensor<T>::matrix_map(std::string_view what) const {
  if (shape_.rank() != 2) {
    throw ShapeError(std::string(what) + ": tensor has shape " + to_string(shape_) + ", expected rank 2");
  }
  return {data(), shape_[0], shape_[1]};
}

extern template class Tensor<float>;
extern template class Tensor<double>;
extern template class Tensor<long double>;

}  // namespace wengert
