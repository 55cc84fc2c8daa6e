// SPDX-License-Identifier: MIT
// Zip files for tests, well-formed or not.
#pragma once

#include <cstddef>
#include <string>

namespace wengert {

/// `number` in that many little-endian bytes.
inline std::string little_endian_bytes(std::size_t number, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(number >> 8 * i & 0xff);
  return text;
}

/// A member of a zip; each field may be given a wrong value.
struct ZipMember {
  std::string name;
  std::string data;
  std::size_t flags = 0;
  std::size_t method = 0;
  std::size_t stored = data.size();
  std::size_t size = data.size();
  std::string extra = {};

  std::string bytes() const {
    const auto field = little_endian_bytes;
    return "PK\3\4" + field(20, 2) + field(flags, 2) + field(method, 2) + field(0, 8) + field(stored, 4) +
           field(size, 4) + field(name.size(), 2) + field(extra.size(), 2) + name + extra + data;
  }
};

/// Stands for the directory that follows the last of `members`.
inline std::string zip_directory(std::size_t members) {
  const std::string entry = std::string("PK\1\2") + std::string(42, '\0');
  std::string directory;
  for (std::size_t i = 0; i < members; ++i) directory += entry;
  const std::string count = little_endian_bytes(members, 2);
  return directory + "PK\5\6" + std::string(4, '\0') + count + count + std::string(10, '\0');
}

}  // namespace wengert
