// SPDX-License-Identifier: MIT
// One call that gathers the evidence about a layer in two forms. Plain data comes out; who prints, writes
// JSON or draws reads it.
//
//   const Comparison c = compare<float>({.name = "my_norm",
//                                        .staged = [](auto x, auto gamma) { return my_norm_staged(x, gamma);
//                                        }, .fused = [](auto x, auto gamma) { return my_norm_fused(x, gamma);
//                                        }, .inputs = {{"x", x}, {"gamma", gamma}}});
#pragma once

#include <autodiff/compare/agreement.h>
#include <autodiff/compare/gradient_check.h>
#include <autodiff/compare/ledger.h>
#include <autodiff/compare/pathways.h>
#include <autodiff/compare/timing.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

struct CompareOptions {
  std::uint64_t seed = 1;       ///< of the random cotangent
  bool check_gradients = true;  ///< of both forms, against differences
  TimingOptions timing;
  std::function<void(std::string_view stage)> progress = {};  ///< told what begins, when set
};

struct FormReport {
  std::string name;  ///< "staged" or "fused"
  Ledger memory;
  std::optional<Timing> timing = {};        ///< only where the forms agree: wrong answers are not timed
  std::optional<GradientCheck> check = {};  ///< when asked for
};

struct InputInfo {
  std::string name;
  Shape shape;
};

/// One size of a sweep: the medians of a step, in nanoseconds.
struct SweepRow {
  std::vector<InputInfo> inputs;
  std::size_t bytes = 0;  ///< of the inputs
  double staged_ns = 0;
  double fused_ns = 0;
  bool agrees = false;          ///< the times are 0 where not
  std::size_t staged_peak = 0;  ///< bytes of a step beyond the inputs, by a dry run; 0 where not known
  std::size_t fused_peak = 0;
};

struct Comparison {
  std::string name;
  std::string dtype;
  std::vector<InputInfo> inputs;
  std::uint64_t seed = 0;
  Agreement agreement;
  Pathways pathways;
  FormReport staged;
  FormReport fused;
  Traffic traffic;
  double copy_bytes_per_second = 0;  ///< a measured copy of the size of a step; 0 when nothing was timed
  std::vector<SweepRow> sweep = {};  ///< by size, when asked for

  /// fail: the forms disagree, a gradient check fails, or an identity does not hold. undecided: no failure,
  /// but nothing finite was left to judge in some tensor.
  Verdict verdict() const;
  bool holds() const { return verdict() == Verdict::pass; }
};

/// The first row from which on the fused form is the faster one; nothing when it is not at the last.
std::optional<std::size_t> pays_from(const std::vector<SweepRow>& sweep);

/// Agreement and the time of a step at one size, for a sweep.
template <class T>
SweepRow measure_size(const Subject<T>& subject, const CompareOptions& options);

/// Throws what the forms throw on these inputs; ValueError when the staged form does not run in the wider
/// type.
template <class T>
Comparison compare(const Subject<T>& subject, CompareOptions options = {});

}  // namespace wengert
