// SPDX-License-Identifier: MIT
// JSON files whose every mistake becomes a FileError that says where.
#pragma once

#include <autodiff/shape.h>
#include <tools/file_bytes.h>
#include <tools/file_error.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace wengert::conform {

using Json = nlohmann::json;

inline Json parse_json_file(const std::filesystem::path& path) {
  try {
    return Json::parse(file_bytes(path));
  } catch (const Json::exception& error) {
    throw FileError(path.string() + ": is not JSON (" + error.what() + ")");
  }
}

/// Runs `read`, which takes things out of a part of the file that `where` names.
template <class Read>
auto at(const std::string& where, Read read) {
  try {
    return read();
  } catch (const Json::exception& error) {
    throw FileError(where + ": " + error.what());
  } catch (const ShapeError& error) {
    throw FileError(where + ": " + error.what());
  } catch (const ValueError& error) {
    throw FileError(where + ": " + error.what());
  }
}

/// A manifest may state how many there are of a kind: what is gone must not pass for judged.
inline void expect_count(const std::filesystem::path& path, const Json& manifest, const char* kind,
                         std::size_t found) {
  const auto stated = at(path.string(), [&] {
    return manifest.contains("count") ? manifest.at("count").value(kind, found) : found;
  });
  if (stated == found) return;
  throw FileError(path.string() + ": has " + std::to_string(found) + " of kind " + kind + ", expected the " +
                  std::to_string(stated) + " of its count");
}

inline Shape shape_of(const Json& extents) {
  const std::vector<Index> values = extents.get<std::vector<Index>>();
  return Shape(std::span<const Index>(values));
}

}  // namespace wengert::conform
