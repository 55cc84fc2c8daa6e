// SPDX-License-Identifier: MIT
// A tape as plain data: what was recorded, in execution order, with no tensor and no rule behind it.
// Introspection ends here; whoever prints, draws or counts a graph reads this and nothing else of the engine.
#pragma once

#include <autodiff/shape.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wengert {

template <class T>
class Tape;
template <class T>
class Gradients;

/// A piece of a formula; `mark` is the pathway it belongs to ("direct", "mean", …) or empty.
struct Phrase {
  std::string text;
  std::string mark;
};
using FormulaLine = std::vector<Phrase>;

/// What a fused node says about itself: the lines on its card.
struct FusedText {
  std::vector<FormulaLine> forward;
  std::vector<FormulaLine> backward;
};

/// Part of a leaf's cotangent: what came along the paths through exactly these marks.
struct PathPart {
  std::vector<std::string> marks;
  std::vector<double> cotangent;
};

/// One tensor that a node keeps alive for its vjp.
struct SavedTensor {
  std::string name;  ///< "mean", or the label of the node it comes from
  int source = -1;   ///< the node whose value it is; -1 for a tensor of a fused node's own
  Shape shape;
  std::size_t bytes = 0;
  int buffer = -1;              ///< equal numbers share one block of memory: count each once
  bool held_by_caller = false;  ///< the value of a leaf or a constant, or a view of one: alive anyway
};

struct GraphNode {
  int id = -1;     ///< place on the tape: `%7`
  std::string op;  ///< "mul", "leaf", "constant", or the name of a fused op
  bool fused = false;
  std::string label;            ///< given by label() or leaf(): "μ_B"; empty if none
  std::string formula;          ///< right-hand side in terms of the inputs' labels: "c · r"
  int scope = 0;                ///< index into Graph::scopes
  bool backward = false;        ///< recorded by a sweep, not by the program
  bool needs_gradient = false;  ///< a leaf is among its ancestors
  Shape shape;
  std::size_t bytes = 0;    ///< of its value
  std::vector<int> inputs;  ///< node ids, in argument order
  /// By input: the vjp in words, "2 c · ∂c²"; empty where no gradient flows. None for a fused node.
  std::vector<std::string> vjp;
  std::vector<SavedTensor> saved;
  bool released = false;  ///< a sweep dropped what was saved
  std::vector<std::string> marks;
  std::int64_t forward_ns = 0;  ///< 0 unless Tape::profile was on
  std::int64_t backward_ns = 0;
  FusedText text;                                ///< fused nodes only
  std::optional<std::vector<double>> value;      ///< with Tape::keep_values, up to GraphOptions::most_values
  std::optional<std::vector<double>> cotangent;  ///< when gradients were given to snapshot()
  bool has_cotangent = false;                    ///< the same, whatever its size
  /// By input, with the cotangent: what this node's vjp gave to it, up to GraphOptions::most_values. They add
  /// up to the cotangent of the input. Empty when a sweep has released what the vjp reads.
  std::vector<std::optional<std::vector<double>>> passed_on;
  // What follows is not the tape's: others work it out.
  std::vector<PathPart> by_path;  ///< of a leaf
  std::optional<double> error;    ///< of its value against a wider type: largest, in roundings of its scale
  int ops = 1;                    ///< how many this one stands for, in a graph made smaller
  std::size_t inner_bytes = 0;    ///< of the values of the others
};

/// A stage of the graph; scope 0 is the whole tape, has no name and is its own parent.
struct GraphScope {
  std::string name;
  int parent = 0;
};

struct Graph {
  std::string dtype;  ///< "float32", "float64", "float80"
  std::vector<GraphScope> scopes;
  std::vector<GraphNode> nodes;
};

struct GraphOptions {
  Index most_values = 16;  ///< numbers of a larger tensor are left out
};

/// Everything the tape holds now, as data.
template <class T>
Graph snapshot(const Tape<T>& tape, GraphOptions options = {});

/// The same, with the cotangents that `gradients` kept.
template <class T>
Graph snapshot(const Tape<T>& tape, const Gradients<T>& gradients, GraphOptions options = {});

/// Ops recorded: everything but leaves and constants.
int op_count(const Graph& graph);

/// Bytes kept for backward, each block of memory once, without what the caller holds anyway.
std::size_t saved_bytes(const Graph& graph);

/// "batch_norm/variance"; empty for the whole tape.
std::string scope_path(const Graph& graph, int scope);

}  // namespace wengert
