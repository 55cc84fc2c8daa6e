// SPDX-License-Identifier: MIT
// The heat views: cards filled by what they take, five steps from the least to the most, with the number on
// the card.
#pragma once

#include <tools/draw/dot_scene.h>

#include <string>

namespace wengert {

bool is_heat(View view);

/// What the view measures of a node: nanoseconds, bytes, or roundings. 0 for leaves, and where it is unknown.
double heat_of(View view, const GraphNode& node);

/// Five equal shares of the most.
Token heat_token(const Scene& scene, const GraphNode& node);

std::string heat_card(const Scene& scene, const GraphNode& node);

/// What the colours mean.
std::string heat_legend(const Scene& scene);

}  // namespace wengert
