// SPDX-License-Identifier: MIT
// Graphs written by hand, as a tape would give them: for what draws and counts, without an engine behind it.
#pragma once

#include <autodiff/graph.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace wengert::testing {

class GraphBuilder {
 public:
  explicit GraphBuilder(std::string dtype = "float32");

  /// What is added from now on lies in this scope: "batch_norm/mean"; "" is the whole tape.
  GraphBuilder& in(std::string_view path);
  GraphBuilder& backward(bool recorded);

  int leaf(std::string label, Shape shape);
  int op(std::string op, std::string label, std::string formula, std::initializer_list<int> inputs,
         Shape shape);
  /// `reader` keeps the values of `sources` for its vjp.
  void saves(int reader, std::initializer_list<int> sources);
  void mark(int node, std::string name) { at(node).marks.push_back(std::move(name)); }
  GraphNode& at(int node) { return graph_.nodes[static_cast<std::size_t>(node)]; }
  const Graph& graph() const { return graph_; }

 private:
  int add(GraphNode node);

  Graph graph_;
  int scope_ = 0;
  bool backward_ = false;
};

/// [64, 256] in float32, the scopes, labels and marks of staged::batch_norm.
Graph staged_batch_norm();
/// The same with nanoseconds.
Graph timed_batch_norm();
/// The same with its recorded sweep.
Graph recorded_batch_norm();
/// One node with its closed form.
Graph fused_batch_norm();
/// x, then `ops` times tanh.
Graph chain(int ops);

}  // namespace wengert::testing
