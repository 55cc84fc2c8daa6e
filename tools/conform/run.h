// SPDX-License-Identifier: MIT
// Runs cases: every form in every dtype that a case lists.
#pragma once

#include <tools/conform/form.h>
#include <tools/conform/judge.h>

#include <filesystem>

namespace wengert::conform {

/// What came of one case in one form and dtype.
struct CaseResult {
  std::string name;
  std::string layer;
  Form form = Form::staged;
  std::string dtype;
  bool required = true;  ///< neither the case nor the dtype is optional
  Judgement judgement;
  std::string problem;  ///< the error that the layer threw; empty if none

  bool passed() const;
  /// Outputs that the case states and nobody gave, but for the rule that is not ours: running_var_out_biased.
  std::vector<std::string> missing() const;
  /// Nothing when the case has no centred scales.
  std::optional<bool> passed_centred() const;
  /// The worst error of all outputs, in units of its allowance.
  double worst() const;
  /// A line a failed output.
  std::string failures() const;
};

/// Whether the layer of the case can be run at all.
bool can_run(const Case& c);

/// Throws FileError when it cannot.
void expect_known(const Case& c);

/// Throws FileError when the case cannot be run or its file is broken; what the layer throws is a failed
/// result.
std::vector<CaseResult> run_case(const Case& c);

/// The same for a case of kind "sequence".
std::vector<CaseResult> run_sequence(const Case& c);

/// How many results of each kind passed and failed.
struct Counts {
  int required_passed = 0, required_failed = 0;
  int centred_passed = 0, centred_failed = 0;                ///< fused
  int staged_centred_passed = 0, staged_centred_failed = 0;  ///< apart: its mean is one number of its type
  int optional_passed = 0, optional_failed = 0;

  void add(const CaseResult& result);
};

/// "required 12 passed, 0 failed; centred 3 passed, 1 failed; optional 0 passed, 0 failed"
std::string to_string(const Counts& counts);

}  // namespace wengert::conform
