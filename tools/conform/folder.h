// SPDX-License-Identifier: MIT
// A whole folder of reference vectors judged: cases, sequences, scalars, behaviours.
#pragma once

#include <tools/conform/behaviour.h>
#include <tools/conform/run.h>
#include <tools/conform/scalar.h>

#include <filesystem>
#include <functional>
#include <string_view>

namespace wengert::conform {

/// What came of one scalar in one form, in float64; always required.
struct ScalarResult {
  std::string name;
  Form form = Form::staged;
  double units = 0;  ///< the error in units of its allowance; infinite for NaN
  std::string text;  ///< what is wrong; empty when passed

  bool passed() const { return text.empty(); }
};

struct FolderResult {
  std::vector<CaseResult> cases;  ///< numeric cases, then sequences
  std::vector<ScalarResult> scalars;
  std::vector<BehaviourResult> behaviours;
  Counts counts;  ///< of cases, sequences and scalars
  int behaviours_met = 0, behaviours_unmet = 0;

  /// Whether nothing required failed and every behaviour is met.
  bool holds() const { return counts.required_failed == 0 && behaviours_unmet == 0; }
};

/// Runs everything that the folder holds. `progress` gets the name of each part before it runs.
/// Throws FileError for a folder without a sound manifest and for a layer, mode, kind or function that is not
/// known, before anything is run; and for a broken file of a case.
FolderResult run_folder(const std::filesystem::path& folder,
                        const std::function<void(std::string_view)>& progress = {});

}  // namespace wengert::conform
