// SPDX-License-Identifier: MIT
// The sheet: both forms of a layer side by side, what each costs below, and dashed links that tell which
// stages each term of the closed form replaces.
#pragma once

#include <autodiff/compare/compare.h>
#include <tools/draw/dot.h>

#include <string>

namespace wengert {

/// The DOT text of the sheet. Its numbers are those of the comparison: bytes from the ledger, times with
/// their quartiles, none where the forms disagree. `options.view` is not looked at.
/// Throws ValueError for a graph of more than most_nodes_drawn nodes.
std::string sheet_dot(const Comparison& comparison, const DotOptions& options = {});

}  // namespace wengert
