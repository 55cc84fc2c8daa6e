// SPDX-License-Identifier: MIT
// Tensors from and to NumPy's .npy files. Every header is checked against the file before the numbers are
// read.
#pragma once

#include <autodiff/tensor.h>
#include <tools/file_error.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

/// The dtype of a file as NumPy spells it, "<f4" for little-endian float32; whatever it is.
std::string npy_dtype(const std::filesystem::path& path);

/// Reads float32 (<f4) or float64 (<f8) numbers, converted to T = float or double.
/// Throws FileError for a file that is missing, malformed, truncated, too long, in fortran order or of
/// another dtype.
template <class T>
Tensor<T> read_npy(const std::filesystem::path& path);

/// The same from the bytes of a file; `name` stands for it in errors.
template <class T>
Tensor<T> parse_npy(std::string file, std::string_view name);

/// Reads one axis of int64 (<i8) labels. Throws FileError as read_npy does, and for more axes than one.
std::vector<std::int64_t> read_npy_labels(const std::filesystem::path& path);

/// Writes float32 or float64. Throws FileError when the file cannot be written.
template <class T>
void write_npy(const std::filesystem::path& path, const Tensor<T>& tensor);

}  // namespace wengert
