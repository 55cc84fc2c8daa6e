// SPDX-License-Identifier: MIT
#include <autodiff/memory.h>
#include <tests/support/all_close.h>

#include <cstdint>
#include <thread>

using namespace wengert;

namespace {

// The cache switched on, and put back as the tests found it.
class CacheOn {
 public:
  CacheOn() {
    memory::trim();
    { const Buffer probe = Buffer::allocate(1); }
    cached_before_ = memory::stats().cached_bytes > 0;
    memory::use_cache(true);
    memory::trim();
    memory::reset();
  }
  ~CacheOn() {
    if (!cached_before_) memory::use_cache(false);
  }

 private:
  bool cached_before_ = false;
};

}  // namespace

TEST_CASE("live bytes are what was asked for, until the last handle goes", "[autodiff][memory]") {
  const std::size_t before = memory::stats().live_bytes;
  {
    const Buffer a = Buffer::allocate(100);
    const Buffer b = a;
    CHECK(memory::stats().live_bytes == before + 100);
    CHECK(a == b);
    CHECK_FALSE(a.unique());
  }
  CHECK(memory::stats().live_bytes == before);
}

TEST_CASE("The peak is the most that was live at once since reset", "[autodiff][memory]") {
  const std::size_t before = memory::stats().live_bytes;
  { const Buffer large = Buffer::allocate(1 << 20); }
  memory::reset();
  CHECK(memory::stats().peak_bytes == before);
  CHECK(memory::stats().allocations == 0);
  { const Buffer a = Buffer::allocate(1000), b = Buffer::allocate(500); }
  { const Buffer c = Buffer::allocate(1200); }
  CHECK(memory::stats().peak_bytes == before + 1500);
  CHECK(memory::stats().allocations == 3);
}

TEST_CASE("A freed block serves the next request of its size without a system call", "[autodiff][memory]") {
  const CacheOn on;
  const void* first = nullptr;
  {
    const Buffer a = Buffer::allocate(5000);
    first = a.data();
  }
  CHECK(memory::stats().cached_bytes >= 5000);
  const Buffer b = Buffer::allocate(4999);
  CHECK(b.data() == first);
  CHECK(b.bytes() == 4999);
  CHECK(b.unique());
  CHECK(memory::stats().system_calls == 1);
  CHECK(memory::stats().allocations == 2);
  CHECK(memory::stats().cached_bytes == 0);
}

TEST_CASE("trim gives the cached blocks back", "[autodiff][memory]") {
  const CacheOn on;
  { const Buffer a = Buffer::allocate(5000), b = Buffer::allocate(70000); }
  CHECK(memory::stats().cached_bytes >= 75000);
  memory::trim();
  CHECK(memory::stats().cached_bytes == 0);
}

TEST_CASE("With the cache off nothing is kept", "[autodiff][memory]") {
  const CacheOn on;
  memory::use_cache(false);
  { const Buffer a = Buffer::allocate(5000); }
  CHECK(memory::stats().cached_bytes == 0);
  memory::use_cache(true);
}

TEST_CASE("Blocks of every size hold what was asked for, aligned, and rounding wastes an eighth at most",
          "[autodiff][memory]") {
  const CacheOn on;
  for (std::size_t bytes = 0; bytes < (std::size_t{8} << 20); bytes = bytes * 17 / 16 + 1) {
    CAPTURE(bytes);
    memory::trim();
    {
      const Buffer buffer = Buffer::allocate(bytes);
      CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
      auto* first = static_cast<unsigned char*>(buffer.data());
      if (bytes > 0) first[0] = first[bytes - 1] = 1;
    }
    const std::size_t block = memory::stats().cached_bytes;
    CHECK(block >= bytes);
    CHECK(block <= std::max<std::size_t>(bytes + bytes / 8 + 64, 64));
  }
}

TEST_CASE("Large blocks begin at the same place in a page", "[autodiff][memory]") {
  const CacheOn on;
  for (const bool cached : {false, true}) {
    memory::use_cache(cached);
    for (const std::size_t bytes : {32u << 10, 100'001u, 2u << 20, (3u << 20) + 5}) {
      const Buffer first = Buffer::allocate(bytes), second = Buffer::allocate(bytes);
      CHECK(reinterpret_cast<std::uintptr_t>(first.data()) % 4096 == 0);
      CHECK(reinterpret_cast<std::uintptr_t>(second.data()) % 4096 == 0);
    }
  }
}

TEST_CASE("More memory than there is throws and changes nothing", "[autodiff][memory]") {
  const memory::Stats before = memory::stats();
  CHECK_THROWS_AS(Buffer::allocate(SIZE_MAX), std::bad_alloc);
  CHECK_THROWS_AS(Buffer::allocate(SIZE_MAX / 2), std::bad_alloc);
  CHECK(memory::stats().live_bytes == before.live_bytes);
  CHECK(memory::stats().allocations == before.allocations);
}

TEST_CASE("Borrowed memory is not counted, not unique and not freed", "[autodiff][memory]") {
  const std::size_t before = memory::stats().live_bytes;
  const double number = 3;
  {
    const Buffer borrowed = Buffer::borrow(&number, sizeof number);
    CHECK(borrowed.data() == &number);
    CHECK(borrowed.borrowed());
    CHECK_FALSE(borrowed.unique());
    CHECK(memory::stats().live_bytes == before);
  }
  CHECK(number == 3);
}

TEST_CASE("Handles move, assign and swap without losing count", "[autodiff][memory]") {
  const std::size_t before = memory::stats().live_bytes;
  Buffer a = Buffer::allocate(64);
  Buffer b = std::move(a);
  CHECK_FALSE(a);
  CHECK(b.unique());
  a = b;
  const Buffer& same = a;
  a = same;
  CHECK_FALSE(b.unique());
  a = Buffer();
  CHECK(b.unique());
  b = {};
  CHECK(memory::stats().live_bytes == before);
}

TEST_CASE("Buffers come and go on many threads at once", "[autodiff][memory]") {
  const std::size_t before = memory::stats().live_bytes;
  const Buffer shared = Buffer::allocate(1000);
  const auto work = [&shared] {
    for (std::size_t i = 0; i < 2000; ++i) {
      const Buffer own = Buffer::allocate(i);
      const Buffer copy = shared;
      static_cast<unsigned char*>(own.data())[0] = 1;
    }
  };
  std::thread first(work), second(work), third(work);
  first.join(), second.join(), third.join();
  CHECK(shared.unique());
  CHECK(memory::stats().live_bytes == before + 1000);
}
