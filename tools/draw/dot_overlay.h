// SPDX-License-Identifier: MIT
// The overlay: what flows forward in ink and what flows back in red, on the same cards and the same edges. A
// cotangent that no sweep gave is left out, never drawn as 0.
#pragma once

#include <tools/draw/dot_scene.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace wengert {

/// An op's formula and, below it, its vjps: "∂x += ∂c,  ∂μ = −Σ ∂c".
std::string overlay_op_card(const Scene& scene, const GraphNode& node);

/// A leaf or a constant with its value and its cotangent, taken apart by the pathways where that is known.
std::string overlay_source_card(const Scene& scene, const GraphNode& node);

/// What comes out of the program, with the cotangent that the sweep began with.
std::string overlay_output_card(const Scene& scene, std::string_view name, const GraphNode& sink);

/// Value and cotangent of the edge from `from` into argument `argument` of `reader`; null for the output.
std::string overlay_edge_label(const Scene& scene, const GraphNode& from, const GraphNode* reader,
                               std::size_t argument);

/// Whether a cotangent came back along that edge.
bool carries_cotangent(const GraphNode& from, const GraphNode* reader, std::size_t argument);

}  // namespace wengert
