// SPDX-License-Identifier: MIT
#pragma once

#include <tests/support/source_folder.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace wengert {

/// The cases that every clone carries.
inline std::filesystem::path carried_cases() { return testing::source_folder() / "tests/conformance/cases"; }

/// The reference vectors to test with: the folder that WENGERT_CONFORMANCE names, or ../shared/conformance
/// beside the source, or, when neither is there, the few cases that every clone carries.
inline std::filesystem::path reference_folder() {
  static const std::filesystem::path folder = [] {
    const char* named = std::getenv("WENGERT_CONFORMANCE");
    const std::filesystem::path whole =
        named != nullptr ? std::filesystem::path(named) : testing::source_folder() / "../shared/conformance";
    std::error_code ignored;
    if (std::filesystem::is_regular_file(whole / "manifest.json", ignored)) return whole;
    std::cout << "conformance: no manifest.json in " << whole.string() << "; testing with the few cases of "
              << carried_cases().string() << " instead (WENGERT_CONFORMANCE names another folder)\n";
    return carried_cases();
  }();
  return folder;
}

}  // namespace wengert
