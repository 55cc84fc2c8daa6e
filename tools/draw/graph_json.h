// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/graph.h>

#include <string>

namespace wengert {

/// The whole graph as JSON, for other programs; what is unknown is left out.
std::string to_json(const Graph& graph);

}  // namespace wengert
