// SPDX-License-Identifier: MIT
// A folder of reference vectors: manifest.json names the cases, one .npz a case holds their tensors.
#pragma once

#include <autodiff/shape.h>
#include <tools/file_error.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wengert::conform {

/// What one dtype is allowed, in units of a tensor's scale; see judge.h.
struct Tolerance {
  double first = 0;   ///< values and first derivatives
  double second = 0;  ///< second derivatives
  double higher = 0;  ///< third and fourth
  double floor = 0;   ///< absolute: what underflow may lose
};

/// One case of kind "numeric", or of kind "sequence": several batches and the running statistics after each.
struct Case {
  std::string name;
  std::filesystem::path file;  ///< the .npz
  std::string layer;           ///< "batch_norm"
  std::string mode;            ///< "train" or "eval"
  std::string layout;          ///< a letter an axis: "NCHW", "last2"
  Shape shape;                 ///< of x
  double eps = 0;
  std::optional<double> momentum;              ///< of running statistics, in PyTorch's sense
  int steps = 0;                               ///< of a sequence
  int groups = 0;                              ///< group_norm only
  Shape normalized_shape;                      ///< layer_norm and rms_norm only: the trailing axes of x
  std::vector<std::string> dtypes;             ///< that must pass
  std::vector<std::string> optional_dtypes;    ///< that may
  bool optional = false;                       ///< the whole case
  std::map<std::string, Tolerance> tolerance;  ///< by dtype
  std::map<std::string, std::vector<std::string>> unrepresentable;  ///< by dtype: tensors that are left out
  std::string origin;
  std::vector<std::string> arrays;  ///< members that the file is said to have
};

/// The numeric cases of a folder, in order. Throws FileError, naming the case and the key, for a folder
/// without manifest, for one of another format or version, for a case that lacks something, and for another
/// number of cases than the manifest states: what is not there must not pass.
std::vector<Case> load_cases(const std::filesystem::path& folder);

/// The sequences of a folder, in order. Throws FileError as load_cases does, and for running variances that
/// are not the unbiased ones.
std::vector<Case> load_sequences(const std::filesystem::path& folder);

/// The position of C in a layout. Throws FileError for a layout without channels.
int channel_axis(const std::string& layout);

}  // namespace wengert::conform
