// SPDX-License-Identifier: MIT
// Every case of one layer in a folder, in both forms and every dtype that it lists.
#pragma once

#include <tests/support/catch.h>
#include <tools/conform/run.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace wengert {

inline std::vector<conform::Case> cases_of(const std::filesystem::path& folder, const std::string& layer) {
  std::vector<conform::Case> cases;
  std::ranges::copy_if(conform::load_cases(folder), std::back_inserter(cases),
                       [&](const conform::Case& c) { return c.layer == layer && conform::can_run(c); });
  return cases;
}

/// Checks each case, and that it states at least `least` tensors; prints a line with what came of all.
inline conform::Counts run_cases(const std::filesystem::path& folder, const std::string& layer,
                                 std::size_t least) {
  conform::Counts counts;
  std::size_t tensors = 0;
  double worst = 0;
  for (const conform::Case& c : cases_of(folder, layer)) {
    for (const conform::CaseResult& result : run_case(c)) {
      INFO(result.name << ", " << to_string(result.form) << ", " << result.dtype << ":\n"
                       << result.failures());
      CHECK((result.passed() || !result.required));
      // The grade of a form whose error does not grow with mean/std.
      if (result.form == conform::Form::fused && result.required)
        CHECK(result.passed_centred().value_or(true));
      CHECK(result.judgement.verdicts.size() >= least);
      CHECK(result.missing().empty());
      counts.add(result);
      tensors += result.judgement.verdicts.size();
      if (result.required) worst = std::max(worst, result.worst());
    }
  }
  std::cout << "conformance of " << layer << " in " << folder.string() << ": " << to_string(counts) << "; "
            << tensors << " tensors, worst error " << worst << " of its allowance\n";
  return counts;
}

}  // namespace wengert
