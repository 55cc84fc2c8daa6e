// SPDX-License-Identifier: MIT
// The totals of the sheet: what each form costs, as paired bars, numbers and a ratio.
#pragma once

#include <autodiff/compare/compare.h>
#include <tools/draw/dot_scene.h>
#include <tools/draw/dot_writer.h>

#include <string>

namespace wengert {

/// Writes the panel. Returns the DOT name of its first row. Every row is a node of its own: ranks run across
/// the whole sheet, and a tall node would stretch the column beside it.
std::string write_totals(DotWriter& out, const Scene& scene, const Comparison& comparison);

}  // namespace wengert
