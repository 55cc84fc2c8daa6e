// SPDX-License-Identifier: MIT
// The handwritten digits of tools/data, shuffled and split.
#pragma once

#include <autodiff/tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace wengert::train {

template <class T>
struct Samples {
  Tensor<T> images;                   ///< [N, pixels], 0 to 1
  std::vector<std::int64_t> classes;  ///< one an image

  Index size() const { return static_cast<Index>(classes.size()); }
  /// The samples at these places, in this order.
  Samples<T> at(const std::vector<Index>& places) const;
};

template <class T>
struct Digits {
  Samples<T> training;
  Samples<T> held_out;  ///< a fifth
};

inline constexpr Index digit_classes = 10;

/// digits_images.npy and digits_labels.npy of the folder, shuffled with the seed. Throws FileError for files
/// that are missing, malformed or do not belong together.
template <class T>
Digits<T> load_digits(const std::filesystem::path& folder, std::uint64_t seed);

/// `named` if it is not empty, else the first that is there of: tools/data, and beside the program where a
/// build or an installation has it. Throws FileError naming the option when there is none.
std::filesystem::path data_folder(const std::string& named);

/// 0 to count − 1 in an order of the seed's, the same on every machine.
std::vector<Index> shuffled(Index count, std::uint64_t seed);

}  // namespace wengert::train
