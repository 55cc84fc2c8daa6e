// SPDX-License-Identifier: MIT
// One form of a layer as a panel of the sheet: compact cards, no labels on the edges.
#pragma once

#include <tools/draw/dot_scene.h>
#include <tools/draw/dot_writer.h>

#include <string>
#include <string_view>

namespace wengert {

/// Draws the program of `scene` in a box called `name`; its nodes are called `name` + "_n7". With `replaced`,
/// the terms of its closed forms get a card each, which tells the ops of that graph that they stand for.
/// Returns the DOT name of the output, or of the last node where there is none; empty for an empty graph.
std::string write_panel(DotWriter& out, const Scene& scene, std::string_view name, std::string_view title,
                        const Scene* replaced = nullptr);

/// Its edges, to be written outside any box.
void write_panel_edges(DotWriter& out, const Scene& scene, std::string_view name);

/// Dashed links from the marked op of each pathway (or its first) to the term that replaces it.
void write_links(DotWriter& out, const Scene& staged, std::string_view staged_name, const Scene& fused,
                 std::string_view fused_name);

}  // namespace wengert
