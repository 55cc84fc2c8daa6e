// SPDX-License-Identifier: MIT
// What stands above a picture: title, totals, and a legend of what occurs in it.
#pragma once

#include <tools/draw/dot_scene.h>
#include <tools/draw/dot_stages.h>

#include <string>
#include <string_view>
#include <vector>

namespace wengert {

/// The title asked for, else the scope that holds everything, else the only op, else "graph".
std::string picture_title(const Graph& graph, const DotOptions& options, const std::vector<Stage>& program);

/// Pathways and signs that occur in the picture; empty for none.
std::string legend(const Scene& scene);

std::string picture_header(const Scene& scene, std::string_view title);

/// "1 · mean", "2 · variance", … where there is more than one.
void number_stages(std::vector<Stage>& stages, std::string_view separator);

}  // namespace wengert
