// SPDX-License-Identifier: MIT
// Where tensors live: shared, counted, 64-byte aligned blocks, and a cache of freed ones. Fresh pages are the
// hidden cost of tensor programs; a block that comes back from the cache costs none.
//
// Bytes are logical: what was asked for, before a block is rounded up to its size class. All functions may be
// called from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace wengert {

namespace memory {

struct Stats {
  std::size_t live_bytes = 0;    ///< held by tensors now
  std::size_t peak_bytes = 0;    ///< the most that was live at once since reset()
  std::size_t allocations = 0;   ///< buffers asked for since reset()
  std::size_t system_calls = 0;  ///< of those, the ones that the cache could not serve
  std::size_t cached_bytes = 0;  ///< kept for reuse, rounded sizes
};

Stats stats();

/// Starts a measurement: the peak becomes what is live now, the counts become 0.
void reset();

/// Gives the cached blocks back to the system.
void trim();

/// Switches the reuse of freed blocks. Off by default under AddressSanitizer, which could not see a use after
/// free otherwise.
void use_cache(bool on);

/// While one lives on this thread, a dry run is under way: ops and kernels allocate and free as ever, count
/// their bytes, and compute nothing. Blocks are address space that no memory stands behind until it is
/// written; what is read from them means nothing.
class AccountOnly {
 public:
  AccountOnly();
  ~AccountOnly();
  AccountOnly(const AccountOnly&) = delete;
  AccountOnly& operator=(const AccountOnly&) = delete;
};

bool account_only();

}  // namespace memory

/// A shared handle of one block of memory. Copying shares; the last handle gives the block back.
class Buffer {
 public:
  Buffer() = default;
  /// Contents are indeterminate. Throws std::bad_alloc.
  static Buffer allocate(std::size_t bytes);
  /// Memory of the caller's, who keeps it alive and unchanged. Never reused, never counted.
  static Buffer borrow(const void* data, std::size_t bytes);

  Buffer(const Buffer& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Buffer() {
    if (block_ != nullptr && block_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) release(block_);
  }

  explicit operator bool() const { return block_ != nullptr; }
  void* data() const { return block_ == nullptr ? nullptr : block_->data; }
  std::size_t bytes() const { return block_ == nullptr ? 0 : block_->bytes; }
  /// Whether this handle is the only one and the memory is ours, so that it may be written.
  bool unique() const {
    return block_ != nullptr && !block_->borrowed && block_->holders.load(std::memory_order_acquire) == 1;
  }
  bool borrowed() const { return block_ != nullptr && block_->borrowed; }
  friend bool operator==(const Buffer& a, const Buffer& b) { return a.block_ == b.block_; }

 private:
  friend struct BlockCache;
  struct alignas(
      64) Block {  // in front of the memory it describes, or apart from it: large, borrowed or mapped
    std::atomic<int> holders{1};
    int size_class = 0;
    std::size_t bytes = 0;
    void* data = nullptr;
    Block* next_free = nullptr;
    bool borrowed = false;
    bool mapped = false;  // address space of a dry run
  };
  explicit Buffer(Block* block) : block_(block) {}
  static void release(Block* block) noexcept;

  Block* block_ = nullptr;
};

}  // namespace wengert
