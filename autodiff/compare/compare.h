// SPDX-License-Identifier: MIT
// One call that says whether two forms of a layer agree, and what each costs. Plain data comes out; who
// prints, writes JSON or draws reads it.
#pragma once

#include <autodiff/compare/agreement.h>
#include <autodiff/compare/ledger.h>
#include <autodiff/compare/timing.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

struct CompareOptions {
  std::uint64_t seed = 1;  ///< of the random cotangent
  TimingOptions timing;
  std::function<void(std::string_view stage)> progress = {};  ///< told what begins, when set
};

struct FormReport {
  std::string name;  ///< "staged" or "fused"
  Ledger memory;
  std::optional<Timing> timing;  ///< only where the forms agree: wrong answers are not timed
};

struct InputInfo {
  std::string name;
  Shape shape;
};

struct Comparison {
  std::string name;
  std::string dtype;
  std::vector<InputInfo> inputs;
  std::uint64_t seed = 0;
  Agreement agreement;
  FormReport staged;
  FormReport fused;

  bool holds() const { return agreement.holds(); }
};

/// Throws what the forms throw on these inputs.
template <class T>
Comparison compare(const Subject<T>& subject, CompareOptions options = {});

}  // namespace wengert
