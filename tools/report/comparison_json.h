// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/compare/compare.h>

#include <string>

namespace wengert {

/// The comparison as JSON, indented; docs/comparison.schema.json is its schema. Numbers
/// that JSON lacks become null.
std::string to_json(const Comparison& comparison);

/// One gradient check of one form, as it stands inside a comparison.
std::string to_json(const std::string& name, const std::string& form, const GradientCheck& check);

}  // namespace wengert
