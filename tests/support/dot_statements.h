// SPDX-License-Identifier: MIT
// Finding one's way in DOT text.
#pragma once

#include <string>
#include <string_view>

namespace wengert::testing {

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline int count(const std::string& text, std::string_view part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// The line of the statement that starts with `subject`.
inline std::string statement(const std::string& dot, const std::string& subject) {
  const std::size_t at = dot.find("  " + subject + " [");
  return at == std::string::npos ? "" : dot.substr(at + 2, dot.find('\n', at + 2) - at - 2);
}

}  // namespace wengert::testing
