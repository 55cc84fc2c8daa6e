// SPDX-License-Identifier: MIT
#include <tools/quantities.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace wengert {
namespace {

// number / unit in tenths, rounded to nearest, without leaving 64 bits.
std::uint64_t tenths(std::uint64_t number, std::uint64_t unit) {
  return number / unit * 10 + (number % unit * 10 + unit / 2) / unit;
}

std::string decimal(std::uint64_t tenths) {
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

std::string bytes_text(std::size_t bytes) {
  static constexpr std::array<std::string_view, 5> units{" KiB", " MiB", " GiB", " TiB", " PiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  std::uint64_t unit = 1024;
  std::size_t power = 0;
  // 1023.96 KiB rounds to 1024.0 and is written as 1 MiB.
  while (tenths(bytes, unit) >= 10240 && power + 1 < units.size()) {
    unit *= 1024;
    ++power;
  }
  const std::uint64_t n = tenths(bytes, unit);
  return (n % 10 == 0 ? std::to_string(n / 10) : decimal(n)) + std::string(units[power]);
}

std::string time_text(std::int64_t nanoseconds) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
  if (ns < 1000) return std::to_string(ns) + " ns";
  if (tenths(ns, 1000) < 10000) return decimal(tenths(ns, 1000)) + " µs";
  if (tenths(ns, 1'000'000) < 10000) return decimal(tenths(ns, 1'000'000)) + " ms";
  return decimal(tenths(ns, 1'000'000'000)) + " s";
}

}  // namespace wengert
