// SPDX-License-Identifier: MIT
// What is recorded: Node, the rules of its inputs, and Vjp, the view of a node that a rule gets.
//
// Nodes hold ids and tensors, never Vars: a Var owns its tape, so a node that held one would leak the tape.
#pragma once

#include <autodiff/graph.h>
#include <autodiff/op.h>
#include <autodiff/var.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace wengert {

/// What a rule reads: any of the inputs, and the output. Only what is read is saved.
struct Reads {
  std::uint8_t bits = 0;

  constexpr bool input(int i) const { return (bits >> i & 1) != 0; }
  constexpr bool output() const { return (bits & 0x80) != 0; }
  friend constexpr Reads operator|(Reads a, Reads b) { return {static_cast<std::uint8_t>(a.bits | b.bits)}; }
};

namespace reads {
constexpr Reads in(int i) { return {static_cast<std::uint8_t>(1 << i)}; }
inline constexpr Reads out{0x80};
}  // namespace reads

template <class T>
class Vjp;

/// The vjp of one input: from the cotangent of the output to that of the input. Captureless, and written in
/// ops, so that a recorded sweep can be differentiated again. No rule: no gradient flows to that input. A
/// rule never looks at values, and `dy` is its own to take over. It may return a cotangent that broadcasts to
/// the input's shape, for one that repeats.
template <class T>
struct Rule {
  Reads reads{};
  Var<T> (*vjp)(const Vjp<T>& node, Var<T> dy) = nullptr;
};

/// What a closed form finds when its gradient is asked for: the inputs and the tensors it saved, by name.
template <class T>
class Saved {
 public:
  struct Entry {
    std::string name;
    Tensor<T> tensor;
  };
  Saved(std::vector<Entry> inputs, std::vector<bool> needs_gradient)
      : entries_(std::move(inputs)), needs_gradient_(std::move(needs_gradient)), inputs_(entries_.size()) {}

  /// Throws TapeError naming what there is when `name` was not saved.
  const Tensor<T>& operator[](std::string_view name) const;
  /// Null when there is none: for inputs that may be absent.
  const Tensor<T>* find(std::string_view name) const;
  /// Whether the cotangent of that input is wanted at all; false for an absent one.
  bool needs_gradient(std::string_view input) const;

  void add(std::string name, Tensor<T> tensor) { entries_.push_back({std::move(name), std::move(tensor)}); }
  std::span<const Entry> inputs() const { return std::span(entries_).first(inputs_); }
  std::span<const Entry> own() const { return std::span(entries_).subspan(inputs_); }
  void drop() { entries_.clear(), inputs_ = 0; }

 private:
  std::vector<Entry> entries_;  // the inputs first
  std::vector<bool> needs_gradient_;
  std::size_t inputs_;
};

/// The closed form behind a node made by fuse().
template <class T>
struct FusedNode {
  std::string op;
  std::vector<NodeId> inputs;
  Saved<T> saved;
  std::function<std::vector<Tensor<T>>(const Saved<T>&, const Tensor<T>& dy)> vjp;
  std::function<Var<T>(std::span<const Var<T>>)> staged;
  std::function<FusedText()> text;
};

template <class T>
struct Node {
  static constexpr int max_inputs = 3;  // of a primitive op; a fused node keeps its own list

  Op op = Op::leaf;
  std::uint8_t arity = 0;
  bool needs_gradient = false;  ///< a leaf is among its ancestors
  bool released = false;        ///< a sweep dropped saved tensors
  bool backward = false;        ///< recorded by a sweep
  std::int32_t scope = 0;
  std::array<NodeId, max_inputs> inline_inputs{no_node, no_node, no_node};
  Shape shape;
  Attributes<T> attributes;
  const Rule<T>* rules = nullptr;  ///< one an input, of static lifetime
  std::array<Buffer, max_inputs> saved_inputs;
  Buffer saved_output;
  Buffer value;  ///< of a leaf; of every node with keep_values
  std::unique_ptr<FusedNode<T>> fused;
  std::int64_t forward_ns = 0;
  std::int64_t backward_ns = 0;

  std::span<const NodeId> inputs() const {
    return fused ? std::span<const NodeId>(fused->inputs)
                 : std::span<const NodeId>(inline_inputs).first(arity);
  }
  std::string_view name() const { return fused ? std::string_view(fused->op) : info(op).name; }
};

struct Mark {
  NodeId node;
  std::string name;
};

/// The names of nodes, in the order of the tape: one array, since a small tape is made and thrown away in a
/// microsecond.
class Labels {
 public:
  void set(NodeId id, std::string_view text);
  /// Null when the node has none.
  const std::string* find(NodeId id) const;
  /// Forgets those of the nodes from `first` on.
  void truncate(NodeId first);

 private:
  struct Label {
    NodeId id;
    std::string text;
  };
  std::vector<Label> sorted_;
};

template <class T>
struct TapeState {
  std::deque<Node<T>> nodes;  // stable while a sweep appends
  std::vector<GraphScope> scopes{GraphScope{}};
  Labels labels;
  std::vector<Mark> marks;
  std::map<std::shared_ptr<const void>, NodeId> parameters;  // by identity: the leaf of each
  int scope = 0;                                             // the innermost open one
  bool backward = false;                                     // a recorded sweep is under way
  bool profile = false;
  bool check_finite = false;
  bool keep_values = false;

  Node<T>& node(NodeId id) { return nodes[static_cast<std::size_t>(id)]; }
  const Node<T>& node(NodeId id) const { return nodes[static_cast<std::size_t>(id)]; }
  NodeId next_id() const { return static_cast<NodeId>(nodes.size()); }

  /// A new scope below `parent`; the second one of a name gets the name "name#2".
  int add_scope(int parent, std::string_view name);
  /// `%3 "c"`, for errors.
  std::string describe(NodeId id) const;
  /// Forgets the nodes from `first` on and the scopes from `first_scope` on: how a failed recorded sweep
  /// leaves the tape as it was.
  void truncate(NodeId first, std::size_t first_scope);
};

/// What a rule may look at.
template <class T>
class Vjp {
 public:
  /// `recording`: the tape when the sweep is recorded, else null.
  Vjp(const TapeState<T>& tape, NodeId id, std::shared_ptr<TapeState<T>> recording)
      : tape_(tape), node_(tape.node(id)), id_(id), recording_(std::move(recording)) {}

  Var<T> in(int i) const {
    return wrap(node_.saved_inputs[static_cast<std::size_t>(i)],
                node_.inline_inputs[static_cast<std::size_t>(i)]);
  }
  Var<T> out() const { return wrap(node_.saved_output, id_); }
  const Shape& shape(int i) const {
    return tape_.node(node_.inline_inputs[static_cast<std::size_t>(i)]).shape;
  }
  const Shape& out_shape() const { return node_.shape; }
  T scalar() const { return node_.attributes.scalar; }
  AxisSet axes() const { return node_.attributes.axes; }
  const auto& order() const { return node_.attributes.order; }

 private:
  Var<T> wrap(const Buffer& saved, NodeId id) const;

  const TapeState<T>& tape_;
  const Node<T>& node_;
  NodeId id_;
  std::shared_ptr<TapeState<T>> recording_;
};

}  // namespace wengert
