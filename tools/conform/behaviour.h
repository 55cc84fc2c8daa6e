// SPDX-License-Identifier: MIT
// What must happen where there is no number to compare: errors, and non-finite values that stay where they
// are.
#pragma once

#include <autodiff/tensor.h>
#include <tools/conform/form.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wengert::conform {

/// One entry of behaviours.json.
struct Behaviour {
  std::string id;
  std::string layer;
  std::string mode;    ///< empty where the layer has none
  std::string layout;  ///< empty where the layer has none
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;
  int groups = 0;                                ///< group_norm only
  Shape normalized_shape;                        ///< layer_norm and rms_norm only
  std::map<std::string, Tensor<double>> inputs;  ///< running statistics among them
  std::string kind;                              ///< "error", "confined", "error_or_empty"
  std::vector<std::string> outputs;              ///< confined: in which groups may go bad
  double rtol_float64 = 0;                       ///< confined: of all other groups
  std::vector<Index> bad_groups;                 ///< confined: these must show a non-finite value, no other
  std::map<std::string, std::vector<double>> values;  ///< confined: the expected numbers by name of output
};

/// The entries of behaviours.json, in order; none when the folder has no such file. Throws FileError, naming
/// the entry, for one that lacks something.
std::vector<Behaviour> load_behaviours(const std::filesystem::path& folder);

struct BehaviourResult {
  std::string id;
  Form form = Form::staged;
  std::string dtype;
  bool met = false;
  std::string text;  ///< what happened: the error, or which value is wrong
};

/// Whether the layer and the mode are known.
bool can_try(const Behaviour& behaviour);

/// Throws FileError when they are not, for a kind that is not known, and for what a kind lacks.
void expect_known(const Behaviour& behaviour);

/// In both forms and dtypes. Throws FileError for a layer or a kind that is not known.
std::vector<BehaviourResult> try_behaviour(const Behaviour& behaviour);

}  // namespace wengert::conform
