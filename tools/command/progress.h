// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace wengert {

/// One line on a terminal that says what is going on, nothing in a pipe; an empty text takes it away.
void show_progress(std::string_view stage);

}  // namespace wengert
