// SPDX-License-Identifier: MIT
#include <autodiff/kernels/scratch.h>
#include <autodiff/memory.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define WENGERT_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WENGERT_ADDRESS_SANITIZER 1
#endif
#endif

namespace wengert {
namespace {

#ifdef WENGERT_ADDRESS_SANITIZER
constexpr bool cache_by_default = false;
#else
constexpr bool cache_by_default = true;
#endif

constexpr std::size_t page = 4096, huge_page = std::size_t{2} << 20;
// From here on a block is whole pages and its description stands elsewhere: all large tensors begin at the
// same place in a page. A load waits for a store still under way whose address has the same last twelve bits,
// and with y a line behind x in its page, the sweep that reads one and writes the other meets one at every
// step.
constexpr std::size_t least_paged = std::size_t{32} << 10;
constexpr int steps = 8;  // size classes a doubling: at most an eighth of a block is rounding
constexpr int classes = 64 * steps;

// Size classes: 64, 128, … 512 bytes, then eight to each doubling.
int size_class(std::size_t bytes) {
  const std::size_t lines = std::max<std::size_t>((bytes + 63) / 64, 1);
  if (lines <= steps) return static_cast<int>(lines) - 1;
  const int shift = static_cast<int>(std::bit_width(lines - 1)) - 4;  // lines - 1 lies in [8, 16) << shift
  return steps * (shift + 1) + static_cast<int>((lines - 1) >> shift) - steps;
}

std::size_t class_bytes(int size_class) {
  if (size_class < steps) return 64 * static_cast<std::size_t>(size_class + 1);
  const int shift = size_class / steps - 1;
  return 64 * (static_cast<std::size_t>(size_class % steps + steps + 1) << shift);
}

void* system_allocate(std::size_t bytes) {
  const std::size_t alignment = bytes >= huge_page ? huge_page : bytes >= least_paged ? page : 64;
  if (bytes > SIZE_MAX - alignment) throw std::bad_alloc();
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
#if defined(__linux__)
  if (alignment == huge_page) madvise(memory, bytes, MADV_HUGEPAGE);  // advice: a refusal costs only speed
#endif
  return memory;
}

thread_local int dry_runs = 0;  // how many AccountOnly live on this thread

constexpr std::size_t least_mapped = std::size_t{64} << 10;

// Address space without memory, or null where the system has none to give: then ordinary memory serves.
void* map_nothing([[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  void* space =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return space == MAP_FAILED ? nullptr : space;
#else
  return nullptr;
#endif
}

void unmap([[maybe_unused]] void* space, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  munmap(space, bytes);
#endif
}

}  // namespace

// All of the allocator's state. It is never destroyed, so tensors of static lifetime may outlive main().
struct BlockCache {
  using Block = Buffer::Block;
  std::mutex mutex;
  std::array<Block*, classes> free{};
  memory::Stats stats;
  bool on = cache_by_default;

  static BlockCache& instance() {
    static auto* cache = new BlockCache;
    return *cache;
  }

  Block* take(std::size_t bytes) {
    if (bytes > SIZE_MAX / 4) throw std::bad_alloc();  // rounding it up to a size class would wrap around
    if (dry_runs > 0 && bytes >= least_mapped) {
      if (Block* block = take_mapped(bytes)) return block;
    }
    const int kind = size_class(bytes);
    const std::scoped_lock lock(mutex);
    Block* block = free[static_cast<std::size_t>(kind)];
    if (block != nullptr) {
      free[static_cast<std::size_t>(kind)] = block->next_free;
      stats.cached_bytes -= class_bytes(kind);
      block->holders.store(1, std::memory_order_relaxed);
    } else {
      block = new_block(kind);
      ++stats.system_calls;
    }
    block->bytes = bytes;
    ++stats.allocations;
    hold(bytes);
    return block;
  }

  static bool stands_apart(int kind) { return class_bytes(kind) >= least_paged; }

  static Block* new_block(int kind) {
    const std::size_t bytes = class_bytes(kind);
    Block* block = nullptr;
    if (stands_apart(kind)) {
      auto apart = std::make_unique<Block>();
      apart->data = system_allocate(bytes);
      block = apart.release();
    } else {
      block = new (system_allocate(sizeof(Block) + bytes)) Block;
      block->data = block + 1;
    }
    block->size_class = kind;
    return block;
  }

  static void delete_block(Block* block) noexcept {
    if (stands_apart(block->size_class)) {
      std::free(block->data);
      delete block;
    } else {
      std::free(block);
    }
  }

  Block* take_mapped(std::size_t bytes) {
    void* space = map_nothing(bytes);
    if (space == nullptr) return nullptr;
    auto* block = new Block;
    block->data = space;
    block->bytes = bytes;
    block->mapped = true;
    const std::scoped_lock lock(mutex);
    ++stats.allocations;
    hold(bytes);
    return block;
  }

  void hold(std::size_t bytes) {
    stats.live_bytes += bytes;
    stats.peak_bytes = std::max(stats.peak_bytes, stats.live_bytes);
  }

  void give_back(Block* block) noexcept {
    const std::scoped_lock lock(mutex);
    stats.live_bytes -= block->bytes;
    if (block->mapped) {
      unmap(block->data, block->bytes);
      delete block;
      return;
    }
    if (!on) {
      delete_block(block);
      return;
    }
    block->next_free = std::exchange(free[static_cast<std::size_t>(block->size_class)], block);
    stats.cached_bytes += class_bytes(block->size_class);
  }

  void trim() noexcept {
    for (Block*& head : free) {
      while (head != nullptr) delete_block(std::exchange(head, head->next_free));
    }
    stats.cached_bytes = 0;
  }
};

Buffer Buffer::allocate(std::size_t bytes) { return Buffer(BlockCache::instance().take(bytes)); }

Buffer Buffer::borrow(const void* data, std::size_t bytes) {
  auto* block = new Block;
  block->bytes = bytes;
  block->data = const_cast<void*>(data);  // `borrowed` keeps every writer away
  block->borrowed = true;
  return Buffer(block);
}

void Buffer::release(Block* block) noexcept {
  if (block->borrowed) {
    delete block;
  } else {
    BlockCache::instance().give_back(block);
  }
}

namespace memory {

Stats stats() {
  BlockCache& cache = BlockCache::instance();
  const std::scoped_lock lock(cache.mutex);
  return cache.stats;
}

void reset() {
  BlockCache& cache = BlockCache::instance();
  const std::scoped_lock lock(cache.mutex);
  cache.stats.peak_bytes = cache.stats.live_bytes;
  cache.stats.allocations = 0;
  cache.stats.system_calls = 0;
}

void trim() {
  BlockCache& cache = BlockCache::instance();
  const std::scoped_lock lock(cache.mutex);
  cache.trim();
}

void use_cache(bool on) {
  BlockCache& cache = BlockCache::instance();
  const std::scoped_lock lock(cache.mutex);
  cache.on = on;
  if (!on) cache.trim();
}

AccountOnly::AccountOnly() { ++dry_runs; }
AccountOnly::~AccountOnly() { --dry_runs; }

bool account_only() { return dry_runs > 0; }

}  // namespace memory

namespace kernels {

ScratchCount::ScratchCount(Index bytes) : bytes_(bytes) {
  if (bytes_ == 0) return;
  BlockCache& cache = BlockCache::instance();
  const std::scoped_lock lock(cache.mutex);
  cache.hold(static_cast<std::size_t>(bytes_));
}

ScratchCount::~ScratchCount() {
  if (bytes_ == 0) return;
  BlockCache& cache = BlockCache::instance();
  const std::scoped_lock lock(cache.mutex);
  cache.stats.live_bytes -= static_cast<std::size_t>(bytes_);
}

bool account_only() { return memory::account_only(); }

}  // namespace kernels
}  // namespace wengert
