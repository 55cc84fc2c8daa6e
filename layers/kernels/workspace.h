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

  explicit Workspace(Index bytes)
      : block_(static_cast<std::byte*>(
            std::aligned_alloc(static_cast<std::size_t>(alignment), static_cast<std::size_t>(bytes)))),
        next_(block_) {
    if (block_ == nullptr) throw std::bad_alloc();
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { std::free(block_); }

  /// n zeros, and zeros up to the end of the padding.
  template <class T>
  T* take(Index n) {
    T* array = reinterpret_cast<T*>(next_);
    std::memset(next_, 0, static_cast<std::size_t>(bytes<T>(n)));
    next_ += bytes<T>(n);
    return array;
  }

 private:
  std::byte* block_;
  std::byte* next_;
};

}  // namespace wengert::kernels
