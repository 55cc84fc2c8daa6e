// SPDX-License-Identifier: MIT
// Which nodes of a graph may become one card: four ways to choose, from the most telling to the least.
#pragma once

#include <tools/draw/contract.h>

#include <vector>

namespace wengert {

/// How deep the scopes of the nodes lie; 0 where there are none.
int scope_depth(const Graph& graph);

/// A group for each scope at depth `depth` (1: outermost), with all that lies in it; for each stretch of it
/// where other ops come between.
std::vector<CardGroup> scope_groups(const Graph& graph, int depth);

/// Blocks of ops that follow one another three times or more and look the same, until about `enough` nodes
/// are saved.
std::vector<CardGroup> repeat_groups(const Graph& graph, std::size_t enough);

/// Ops of which each reads the one before and nothing else, and is read by the next alone.
std::vector<CardGroup> chain_groups(const Graph& graph);

/// The tape cut into `count` stretches of about equal length, each of one sweep or none.
std::vector<CardGroup> stretch_groups(const Graph& graph, std::size_t count);

}  // namespace wengert
