// SPDX-License-Identifier: MIT
// A .npz file: a zip of .npy members, all stored (not compressed), walked from the front.
#pragma once

#include <autodiff/tensor.h>
#include <tools/file_error.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

class Npz {
 public:
  /// Reads the whole file. Throws FileError for one that is missing, truncated, compressed, encrypted, zip64,
  /// or holds two members of one name. The members themselves are checked when they are asked for.
  explicit Npz(const std::filesystem::path& path);

  bool contains(std::string_view name) const { return members_.contains(name); }
  std::vector<std::string> names() const;

  /// The member `name`.npy as float or double. Throws FileError when there is none, or it is malformed.
  template <class T>
  Tensor<T> read(std::string_view name) const;

 private:
  std::string file_name_;
  std::map<std::string, std::string, std::less<>> members_;  // name without .npy -> bytes of the .npy
};

}  // namespace wengert
