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
  }
}

inline Shape shape_of(const Json& extents) {
  const std::vector<Index> values = extents.get<std::vector<Index>>();
  return Shape(std::span<const Index>(values));
}

}  // namespace wengert::conform
