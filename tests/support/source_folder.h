// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace wengert::testing {

/// The root of the source tree that these tests were built from.
std::filesystem::path source_folder();

}  // namespace wengert::testing
