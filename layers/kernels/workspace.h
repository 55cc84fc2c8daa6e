// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/shape.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace wengert::kernels {

/// Scratch of one call: arrays handed out of one block, each on its own cache line and padded to whole
/// vectors.
class Workspace {
 public:
  static constexpr Index alignment = 128;

  /// Bytes that an array of n elements takes.
  template <class T>
  static Index bytes(Index n) {
    const Index size = n * static_cast<Index>(sizeof(T));
    return (size + alignment - 1) / alignment * alignment;
  }

  /// Of a workspace of `bytes`, what comes from the heap and not from the stack.
  static Index heap_bytes(Index bytes) { return bytes <= inline_bytes ? 0 : bytes; }

  explicit Workspace(Index bytes) : heap_bytes_(heap_bytes(bytes)), next_(inline_) {
    if (heap_bytes_ == 0) return;
    heap_ = std::aligned_alloc(static_cast<std::size_t>(alignment), static_cast<std::size_t>(bytes));
    if (heap_ == nullptr) throw std::bad_alloc();
    next_ = static_cast<std::byte*>(heap_);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { std::free(heap_); }

  Index heap_bytes() const { return heap_bytes_; }

  /// n zeros, and zeros up to the end of the padding.
  template <class T>
  T* take(Index n) {
    T* array = take_unset<T>(n);
    std::memset(array, 0, static_cast<std::size_t>(n) * sizeof(T));
    return array;
  }

  /// For arrays that are written before they are read: zeros in the padding alone.
  template <class T>
  T* take_unset(Index n) {
    T* array = reinterpret_cast<T*>(next_);
    next_ += bytes<T>(n);
    std::byte* padding = reinterpret_cast<std::byte*>(array + n);
    if (padding != next_) std::memset(padding, 0, static_cast<std::size_t>(next_ - padding));
    return array;
  }

 private:
  static constexpr Index inline_bytes = 12 * 1024;  // a small problem costs no allocation

  Index heap_bytes_;
  void* heap_ = nullptr;
  std::byte* next_;
  alignas(alignment) std::byte inline_[inline_bytes];
};

}  // namespace wengert::kernels
