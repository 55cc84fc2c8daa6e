// SPDX-License-Identifier: MIT
#include <tests/support/source_folder.h>

namespace wengert::testing {

std::filesystem::path source_folder() { return WENGERT_SOURCE_DIR; }

}  // namespace wengert::testing
