// SPDX-License-Identifier: MIT
// The state of a module as a folder of .npy files, one a tensor: "norm1.gamma" is norm1.gamma.npy, readable
// by NumPy.
//
//   write_state("checkpoint", network.state());
//   network.load_state(read_state<float>("checkpoint"));
#pragma once

#include <autodiff/tensor.h>
#include <tools/file_error.h>

#include <filesystem>
#include <map>
#include <string>

namespace wengert {

/// Creates the folder, or replaces the .npy files of these names in it. Throws FileError when one cannot be
/// written, and for a name that is no plain file name; before anything is written for the latter.
template <class T>
void write_state(const std::filesystem::path& folder, const std::map<std::string, Tensor<T>>& state);

/// All .npy files of a folder by name, as float or double. Throws FileError for a folder that is missing or
/// has none, and as read_npy does. What fits is for the module to say: load_state.
template <class T>
std::map<std::string, Tensor<T>> read_state(const std::filesystem::path& folder);

}  // namespace wengert
