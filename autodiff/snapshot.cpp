// SPDX-License-Identifier: MIT
// Tape -> Graph.
#include <autodiff/gradients.h>
#include <autodiff/graph.h>
#include <autodiff/tape.h>

#include <cstdio>
#include <map>
#include <type_traits>

namespace wengert {
namespace {

template <class T>
constexpr const char* dtype_name() {
  if constexpr (std::is_same_v<T, float>) return "float32";
  if constexpr (std::is_same_v<T, double>) return "float64";
  if constexpr (std::is_same_v<T, long double>) return "float80";
}

template <class T>
std::optional<std::vector<double>> numbers(const Buffer& buffer, const Shape& shape, GraphOptions options) {
  if (!buffer || shape.size() > options.most_values) return std::nullopt;
  const T* data = static_cast<const T*>(buffer.data());
  std::vector<double> values;
  for (Index i = 0; i < shape.size(); ++i) values.push_back(static_cast<double>(data[i]));
  return values;
}

template <class T>
class Snapshot {
 public:
  Snapshot(const TapeState<T>& tape, const Cotangents<T>* cotangents, GraphOptions options)
      : tape_(tape), cotangents_(cotangents), options_(options) {}

  Graph take() {
    Graph graph{.dtype = dtype_name<T>(), .scopes = tape_.scopes, .nodes = {}};
    for (NodeId id = 0; id < tape_.next_id(); ++id) graph.nodes.push_back(node(id));
    for (const Mark& m : tape_.marks) graph.nodes[static_cast<std::size_t>(m.node)].marks.push_back(m.name);
    return graph;
  }

 private:
  GraphNode node(NodeId id) {
    const Node<T>& n = tape_.node(id);
    GraphNode out;
    out.id = id;
    out.op = n.name();
    out.fused = n.fused != nullptr;
    out.label = own_label(id);
    out.formula = formula(n);
    out.scope = n.scope;
    out.backward = n.backward;
    out.needs_gradient = n.needs_gradient;
    out.shape = n.shape;
    out.bytes = bytes(n.shape);
    out.inputs.assign(n.inputs().begin(), n.inputs().end());
    out.released = n.released;
    out.forward_ns = n.forward_ns;
    out.backward_ns = n.backward_ns;
    if (n.fused) out.text = n.fused->text;
    add_saved(n, id, out.saved);
    out.value = numbers<T>(n.value, n.shape, options_);
    if (cotangents_ != nullptr && cotangents_->has(id)) {
      out.cotangent = numbers<T>(cotangents_->buffer(id), n.shape, options_);
    }
    return out;
  }

  static std::size_t bytes(const Shape& shape) { return static_cast<std::size_t>(shape.size()) * sizeof(T); }

  std::string own_label(NodeId id) const {
    const auto found = tape_.labels.find(id);
    return found == tape_.labels.end() ? std::string() : found->second;
  }
  // A view without a label goes by the name of what it looks at.
  std::string name(NodeId id) const {
    while (tape_.node(id).op == Op::reshape && own_label(id).empty()) id = tape_.node(id).inline_inputs[0];
    const std::string label = own_label(id);
    return label.empty() ? "%" + std::to_string(id) : label;
  }

  // The op's formula with the names of its inputs in place of {0}, {1}, {2} and its scalar in place of {s}.
  std::string formula(const Node<T>& n) const {
    std::string text;
    const std::string_view pattern = info(n.op).formula;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] != '{') {
        text += pattern[i];
      } else {
        const char what = pattern[i + 1];
        text += what == 's' ? scalar(n.attributes.scalar)
                            : name(n.inputs()[static_cast<std::size_t>(what - '0')]);
        i += 2;
      }
    }
    return text;
  }

  // A name that is an expression itself, such as "σ² + ε", goes in brackets.
  std::string operand(NodeId id, bool enclosed) const {
    const std::string text = name(id);
    return enclosed || text.find(' ') == std::string::npos ? text : "(" + text + ")";
  }

  static std::string scalar(T value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6g", static_cast<double>(value));
    return text.data();
  }

  void add_saved(const Node<T>& n, NodeId id, std::vector<SavedTensor>& out) {
    const auto add = [&](std::string name, NodeId source, const Shape& shape, const Buffer& buffer) {
      out.push_back(
          {std::move(name), source, shape, bytes(shape), block(buffer), source != no_node && held(source)});
    };
    if (n.fused) {
      for (std::size_t i = 0; i < n.fused->saved.inputs().size(); ++i) {
        const auto& entry = n.fused->saved.inputs()[i];
        add(entry.name, n.fused->inputs[i], entry.tensor.shape(), entry.tensor.buffer());
      }
      for (const auto& entry : n.fused->saved.own()) {
        add(entry.name, no_node, entry.tensor.shape(), entry.tensor.buffer());
      }
      return;
    }
    for (std::size_t i = 0; i < n.arity; ++i) {
      const NodeId source = n.inline_inputs[i];
      if (n.saved_inputs[i]) add(name(source), source, tape_.node(source).shape, n.saved_inputs[i]);
    }
    if (n.saved_output) add(name(id), id, n.shape, n.saved_output);
  }

  // Leaves, constants, and whatever only looks at one of them another way.
  bool held(NodeId id) const {
    while (tape_.node(id).op == Op::reshape) id = tape_.node(id).inline_inputs[0];
    return tape_.node(id).inputs().empty();
  }

  int block(const Buffer& buffer) {
    return blocks_.try_emplace(buffer.data(), static_cast<int>(blocks_.size())).first->second;
  }

  const TapeState<T>& tape_;
  const Cotangents<T>* cotangents_;
  GraphOptions options_;
  std::map<const void*, int> blocks_;
};

}  // namespace

template <class T>
Graph snapshot(const Tape<T>& tape, GraphOptions options) {
  return Snapshot<T>(tape.state(), nullptr, options).take();
}

template <class T>
Graph snapshot(const Tape<T>& tape, const Gradients<T>& gradients, GraphOptions options) {
  if (gradients.tape().get() != &tape.state()) {
    throw TapeError("snapshot: the gradients are of another tape");
  }
  return Snapshot<T>(tape.state(), &gradients.kept(), options).take();
}

#define WENGERT_INSTANTIATE(T)                           \
  template Graph snapshot(const Tape<T>&, GraphOptions); \
  template Graph snapshot(const Tape<T>&, const Gradients<T>&, GraphOptions);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
