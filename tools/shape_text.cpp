// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <fmt/format.h>
#include <tools/shape_text.h>

#include <charconv>
#include <vector>

namespace wengert {

Shape parse_shape(const std::string& text) {
  std::vector<Index> extents;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    Index extent = 0;
    const auto [after, error] = std::from_chars(at, end, extent);
    if (error != std::errc() || extent < 0) break;
    extents.push_back(extent);
    if (after == end) return Shape(std::span<const Index>(extents));
    if (*after != 'x' && *after != ',') break;
    at = after + 1;
  }
  throw ValueError(fmt::format("--shape: \"{}\" came, expected extents such as 128x256", text));
}

}  // namespace wengert
