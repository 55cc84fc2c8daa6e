// SPDX-License-Identifier: MIT
// Bytes and times as people read them. The same text everywhere, whatever the locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace wengert {

/// "512 B", "64 KiB", "1.5 MiB": powers of 1024, at most one decimal.
std::string bytes_text(std::size_t bytes);

/// "850 ns", "6.1 µs", "14.2 ms", "3.0 s"; a negative time is 0 ns.
std::string time_text(std::int64_t nanoseconds);

}  // namespace wengert
