// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/compare/compare.h>

#include <string>

namespace wengert {

/// The comparison as JSON, indented; docs/compare.md has the schema. Numbers that JSON lacks become null.
std::string to_json(const Comparison& comparison);

}  // namespace wengert
