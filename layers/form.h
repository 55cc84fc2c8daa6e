// SPDX-License-Identifier: MIT
#pragma once

namespace wengert {

/// The two forms every layer has.
enum class Form { staged, fused };

constexpr const char* to_string(Form form) { return form == Form::staged ? "staged" : "fused"; }

}  // namespace wengert
