// SPDX-License-Identifier: MIT
#include <tests/support/catch.h>
#include <tools/quantities.h>

#include <limits>

using wengert::bytes_text;
using wengert::time_text;

TEST_CASE("bytes are written in powers of 1024 with at most one decimal", "[tools][quantities]") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(1023) == "1023 B");
  CHECK(bytes_text(1024) == "1 KiB");
  CHECK(bytes_text(65536) == "64 KiB");
  CHECK(bytes_text(1536 * 1024) == "1.5 MiB");
  CHECK(bytes_text(1075) == "1 KiB");
  CHECK(bytes_text(1076) == "1.1 KiB");
  CHECK(bytes_text(std::size_t{3} << 40) == "3 TiB");
}

TEST_CASE("bytes that round up to a full unit are written in it", "[tools][quantities]") {
  CHECK(bytes_text(1024 * 1024 - 1) == "1 MiB");
  CHECK(bytes_text(1024 * 1024 - 100) == "1023.9 KiB");
  CHECK(bytes_text(std::numeric_limits<std::uint64_t>::max()) == "16384 PiB");
}

TEST_CASE("times keep one decimal, so that columns of them line up", "[tools][quantities]") {
  CHECK(time_text(-5) == "0 ns");
  CHECK(time_text(850) == "850 ns");
  CHECK(time_text(5000) == "5.0 µs");
  CHECK(time_text(999'949) == "999.9 µs");
  CHECK(time_text(999'950) == "1.0 ms");
  CHECK(time_text(14'200'000) == "14.2 ms");
  CHECK(time_text(3'000'000'000) == "3.0 s");
}
