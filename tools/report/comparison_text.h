// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/compare/compare.h>

#include <string>

namespace wengert {

struct TextOptions {
  bool colour = false;  ///< for a terminal
};

/// The comparison as a table for people; the verdict is its last line.
std::string to_text(const Comparison& comparison, TextOptions options = {});

/// One gradient check: a row an input, the table of h against remainder, the verdict.
std::string to_text(const std::string& name, const GradientCheck& check, TextOptions options = {});

}  // namespace wengert
