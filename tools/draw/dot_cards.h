// SPDX-License-Identifier: MIT
// The labels of nodes: HTML-like tables, one card an op.
#pragma once

#include <tools/draw/dot_scene.h>

#include <string>
#include <string_view>

namespace wengert {

/// The card of a node of the graph, whichever kind it is.
std::string card(const Scene& scene, const GraphNode& node);

/// Formula, number and op, time, shape where edges do not show it, what is kept for backward.
std::string op_card(const Scene& scene, const GraphNode& node);

/// Both formulas of a closed form, its terms in the colours of their pathways, both times, what it saves.
std::string fused_card(const Scene& scene, const GraphNode& node);

/// What an op of a sweep takes from the program: "c, r", or the tensors that its fused node saved. Else
/// empty.
std::string reads_text(const Scene& scene, const GraphNode& node);

/// A leaf, a constant, a cotangent or an output: a name and what it is.
std::string source_card(const Scene& scene, const GraphNode& node);
std::string output_card(const Scene& scene, std::string_view name, std::string_view kind);

/// "c = x − μ_B"; the label alone where it says it all.
std::string headline(const GraphNode& node);

/// "%4 sub", or "to %13 · 10 ops" for a card that stands for several.
std::string op_note(const Scene& scene, const GraphNode& node);

/// "μ_B", else "%7".
std::string display_name(const GraphNode& node);

/// "64 KiB → square, mul" or "alias, 0 B → mul", for the amber tab; empty if nothing of the node is kept.
std::string kept_text(const Scene& scene, const GraphNode& node);

/// A cell with the bar of a time, `longest` points wide for the longest of the picture.
std::string time_bar(const Scene& scene, std::int64_t nanoseconds, std::int64_t longest);

}  // namespace wengert
