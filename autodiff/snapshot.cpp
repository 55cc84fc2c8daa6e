// SPDX-License-Identifier: MIT
// Tape -> Graph.
#include <autodiff/gradients.h>
#include <autodiff/graph.h>
#include <autodiff/sweep.h>
#include <autodiff/tape.h>

#include <algorithm>
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
  /// `gradients`: null when there are none.
  Snapshot(const TapeState<T>& tape, const Gradients<T>* gradients, GraphOptions options)
      : tape_(tape), gradients_(gradients), options_(options) {}

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
    out.formula = formula(n, id, info(n.op).formula);
    out.scope = n.scope;
    out.backward = n.backward;
    out.needs_gradient = n.needs_gradient;
    out.shape = n.shape;
    out.bytes = bytes(n.shape);
    out.inputs.assign(n.inputs().begin(), n.inputs().end());
    add_vjp(n, id, out.vjp);
    out.released = n.released;
    out.forward_ns = n.forward_ns;
    out.backward_ns = n.backward_ns;
    if (n.fused && n.fused->text) out.text = n.fused->text();
    add_saved(n, id, out.saved);
    out.value = numbers<T>(n.value, n.shape, options_);
    if (gradients_ != nullptr && gradients_->kept().has(id)) {
      out.has_cotangent = true;
      out.cotangent = numbers<T>(gradients_->kept().buffer(id), n.shape, options_);
      add_passed_on(n, id, out.passed_on);
    }
    return out;
  }

  static std::size_t bytes(const Shape& shape) { return static_cast<std::size_t>(shape.size()) * sizeof(T); }

  std::string own_label(NodeId id) const {
    const std::string* found = tape_.labels.find(id);
    return found == nullptr ? std::string() : *found;
  }
  // A view without a label goes by the name of what it looks at.
  std::string name(NodeId id) const {
    while (tape_.node(id).op == Op::reshape && own_label(id).empty()) id = tape_.node(id).inline_inputs[0];
    const std::string label = own_label(id);
    return label.empty() ? "%" + std::to_string(id) : label;
  }

  // A formula with the names of the inputs in place of {0}, {1}, {2} and so on: see op.h.
  std::string formula(const Node<T>& n, NodeId id, std::string_view pattern) const {
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] != '{') {
        text += pattern[i];
        continue;
      }
      const bool enclosed = text.ends_with("(") || text.ends_with(", ") || pattern.size() == 3;
      text += operand(n, id, pattern[i + 1], enclosed);
      i += 2;
    }
    return text;
  }

  std::string operand(const Node<T>& n, NodeId id, char what, bool enclosed) const {
    if (what == 's') return scalar(n.attributes.scalar);
    if (what == 'n') return std::to_string(elements(n.inputs()[0]) / std::max<Index>(n.shape.size(), 1));
    if (what == 'd') return cotangent_name(name(id));
    return bracketed(name(what == 'y' ? id : n.inputs()[static_cast<std::size_t>(what - '0')]), enclosed);
  }

  // A name that is an expression itself, such as "σ² + ε", goes in brackets.
  static std::string bracketed(const std::string& name, bool enclosed) {
    return enclosed || name.find(' ') == std::string::npos ? name : "(" + name + ")";
  }

  static std::string cotangent_name(const std::string& name) {
    const bool product = name.find("·") != std::string::npos;
    return product ? "∂(" + name + ")" : "∂" + bracketed(name, false);
  }

  Index elements(NodeId id) const { return tape_.node(id).shape.size(); }

  bool has_rule(const Node<T>& n, std::size_t i) const {
    const bool flows = n.needs_gradient && tape_.node(n.inputs()[i]).needs_gradient;
    return flows && !n.fused && n.rules != nullptr && n.rules[i].vjp != nullptr;
  }

  void add_vjp(const Node<T>& n, NodeId id, std::vector<std::string>& out) const {
    if (n.fused) return;
    constexpr std::string_view minus = "−";
    for (std::size_t i = 0; i < n.arity; ++i) {
      std::string text;
      if (has_rule(n, i)) text = formula(n, id, vjp_formula(n.op, static_cast<int>(i)));
      const bool broadcast =
          info(n.op).kind == OpKind::elementwise && elements(n.inline_inputs[i]) < n.shape.size();
      if (broadcast && !text.empty()) text.insert(text.starts_with(minus) ? minus.size() : 0, "Σ ");
      out.push_back(std::move(text));
    }
  }

  // Runs the rules of the node once more, on the cotangent that it got.
  void add_passed_on(const Node<T>& n, NodeId id, std::vector<std::optional<std::vector<double>>>& out) {
    const auto small = [&](NodeId input) { return elements(input) <= options_.most_values; };
    if (n.released || !n.needs_gradient || std::ranges::none_of(n.inputs(), small)) return;
    out.resize(n.inputs().size());
    const auto deliver = [&](NodeId input, Var<T> cotangent) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        if (n.inputs()[i] != input || out[i] || !(n.fused || has_rule(n, i))) continue;
        out[i] = numbers<T>(cotangent.value().buffer(), cotangent.shape(), options_);
        return;
      }
    };
    TapeState<T>& tape = *gradients_->tape();
    const Tensor<T> dy = gradients_->kept().var(gradients_->tape(), id).value();
    if (n.fused) {
      apply_closed_form<T>(tape, id, dy, small, deliver);
    } else {
      apply_rules<T>(tape, id, Var<T>(dy), nullptr, small, deliver);
    }
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
  const Gradients<T>* gradients_;
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
  return Snapshot<T>(tape.state(), &gradients, options).take();
}

#define WENGERT_INSTANTIATE(T)                           \
  template Graph snapshot(const Tape<T>&, GraphOptions); \
  template Graph snapshot(const Tape<T>&, const Gradients<T>&, GraphOptions);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
