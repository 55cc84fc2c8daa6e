// SPDX-License-Identifier: MIT
// Where in Graph::nodes a node id stands. Made once per graph; a graph that does not hold together is refused
// here, so that whoever reads it afterwards can trust it.
#pragma once

#include <autodiff/graph.h>

#include <cstddef>
#include <string_view>
#include <unordered_map>

namespace wengert {

class GraphIndex {
 public:
  /// Throws ValueError, in the name of `op`, unless ids differ, every input is an earlier node, every scope
  /// exists and lies within an earlier one.
  GraphIndex(std::string_view op, const Graph& graph);

  std::size_t operator[](int id) const { return positions_.at(id); }
  bool contains(int id) const { return positions_.count(id) != 0; }

 private:
  std::unordered_map<int, std::size_t> positions_;
};

/// A leaf or a constant: on the tape without being computed.
bool is_source(const GraphNode& node);

/// Not an op either, but one of the cotangents that come out of a closed form: with_closed_form_vjp draws
/// them.
bool is_cotangent(const GraphNode& node);

}  // namespace wengert
