// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/finite.h>
#include <autodiff/ops.h>
#include <autodiff/record.h>
#include <autodiff/stopwatch.h>
#include <autodiff/sweep.h>

#include <map>

namespace wengert {
namespace {

// Puts the tape's state back when a sweep ends; when it ends by an exception, what it recorded goes too.
template <class T>
class SweepSession {
 public:
  SweepSession(TapeState<T>& tape, bool record)
      : tape_(tape),
        first_(tape.next_id()),
        scopes_(tape.scopes.size()),
        scope_(tape.scope),
        backward_(tape.backward),
        profile_(tape.profile) {
    if (record) tape.backward = true;
  }
  ~SweepSession() {
    tape_.scope = scope_;
    tape_.backward = backward_;
    tape_.profile = profile_;
    if (!committed_) tape_.truncate(first_, scopes_);
  }
  SweepSession(const SweepSession&) = delete;
  SweepSession& operator=(const SweepSession&) = delete;
  void commit() { committed_ = true; }

 private:
  TapeState<T>& tape_;
  NodeId first_;
  std::size_t scopes_;
  int scope_;
  bool backward_;
  bool profile_;
  bool committed_ = false;
};

template <class T>
class Sweep {
 public:
  Sweep(const std::shared_ptr<TapeState<T>>& tape, const BackwardOptions<T>& options)
      : shared_(tape), tape_(*tape), options_(options), recording_(options.record ? tape : nullptr) {}

  Cotangents<T> run(NodeId y, const Var<T>& dy) {
    find_wanted(y);
    check_all_before_any(y);
    cotangents_.resize(static_cast<std::size_t>(y) + 1);
    cotangents_.put(y, dy);
    pending_ = {{y, 0}};
    while (!pending_.empty()) {
      const NodeId id = pending_.back().next--;
      if (id < pending_.back().last) {
        pending_.pop_back();
      } else if (reached(id) && goes_on(id)) {
        step(id);
      }
    }
    for (const NodeId id : passed_) release(tape_.node(id));
    // What stays in the hands of the caller has the shape of what it is the gradient of.
    for (const auto& [id, cotangent] : repeated_) cotangents_.put(id, written_out(id, cotangent));
    return std::move(cotangents_);
  }

 private:
  struct Range {
    NodeId next;  // down to
    NodeId last;
  };

  void find_wanted(NodeId y) {
    if (options_.wrt.empty()) return;
    leads_.assign(static_cast<std::size_t>(y) + 1, false);
    asked_.assign(leads_.size(), false);
    for (const Var<T>& x : options_.wrt) {
      if (x.tape() != shared_)
        throw TapeError("backward: a Var in .wrt is not on the tape of what is differentiated");
      if (x.id() <= y) asked_[static_cast<std::size_t>(x.id())] = true;
    }
    for (NodeId id = 0; id <= y; ++id) {
      bool leads = asked_[static_cast<std::size_t>(id)];
      for (const NodeId input : tape_.node(id).inputs())
        leads = leads || leads_[static_cast<std::size_t>(input)];
      leads_[static_cast<std::size_t>(id)] = leads;
    }
  }

  // Nodes that the sweep itself records, for the staged form of a fused one, are always wanted.
  bool wanted(NodeId id) const {
    return static_cast<std::size_t>(id) >= leads_.size() || leads_[static_cast<std::size_t>(id)];
  }
  bool goes_on(NodeId id) const {
    return passes_on<T>(tape_, id, [this](NodeId input) { return wanted(input); });
  }
  bool kept(NodeId id) const {
    return options_.keep_cotangents ||
           (static_cast<std::size_t>(id) < asked_.size() && asked_[static_cast<std::size_t>(id)]);
  }

  // So that an error leaves everything as it was.
  void check_all_before_any(NodeId y) const {
    std::vector<bool> reached(static_cast<std::size_t>(y) + 1, false);
    reached[static_cast<std::size_t>(y)] = true;
    for (NodeId id = y; id >= 0; --id) {
      const Node<T>& node = tape_.node(id);
      if (!reached[static_cast<std::size_t>(id)] || !goes_on(id)) continue;
      expect_saved(tape_, id);
      if (node.fused && options_.record) expect_staged_form(tape_, id, "a recorded sweep");
      for (std::size_t i = 0; i < node.inputs().size(); ++i) {
        if (node.fused || node.rules[i].vjp != nullptr)
          reached[static_cast<std::size_t>(node.inputs()[i])] = true;
      }
    }
  }

  void step(NodeId id) {
    Node<T>& node = tape_.node(id);  // stable: a deque, appended to at its end only
    if (options_.record) tape_.scope = mirrored(node.scope);
    Var<T> dy = take_cotangent(id);
    const Stopwatch watch(tape_.profile);
    const auto is_wanted = [&](NodeId input) { return wanted(input); };
    const auto deliver = [&](NodeId input, Var<T> cotangent) { add_to(input, std::move(cotangent)); };
    if (!node.fused) {
      apply_rules<T>(tape_, id, std::move(dy), recording_, is_wanted, deliver, true);
    } else if (options_.record) {
      expand(id, std::move(dy));
    } else {
      apply_closed_form<T>(tape_, id, dy.value(), is_wanted, deliver);
    }
    node.backward_ns += watch.nanoseconds();
    if (options_.record || options_.keep_saved) return;
    if (tape_.check_finite) {
      passed_.push_back(id);  // the sweep may yet fail
    } else {
      release(node);
    }
  }

  // The order contract: the staged form is recorded on the node's inputs, and swept before what comes below
  // it.
  void expand(NodeId id, Var<T> dy) {
    const FusedNode<T>& fused = *tape_.node(id).fused;
    std::vector<Var<T>> inputs;
    for (std::size_t i = 0; i < fused.inputs.size(); ++i) {
      inputs.emplace_back(fused.saved.inputs()[i].tensor, shared_, fused.inputs[i]);
    }
    const NodeId first = tape_.next_id();
    const Var<T> y = fused.staged(inputs);
    expect_staged_shape(tape_, id, y);
    if (!y.on_tape()) return;  // a constant
    cotangents_.resize(tape_.nodes.size());
    add_to(y.id(), std::move(dy));
    pending_.push_back({y.id(), first});
  }

  bool reached(NodeId id) const { return cotangents_.has(id) || repeated_.contains(id); }
  Var<T> written_out(NodeId id, const Var<T>& cotangent) const {
    return broadcast_to(cotangent, tape_.node(id).shape);
  }

  Var<T> take_cotangent(NodeId id) {
    if (const auto found = repeated_.find(id); found != repeated_.end()) {
      const Node<T>& node = tape_.node(id);
      Var<T> cotangent = std::move(found->second);
      repeated_.erase(found);
      if (!kept(id) && !node.fused && takes_repeated(node.op)) return cotangent;
      cotangents_.put(id, written_out(id, cotangent));
    }
    return kept(id) ? cotangents_.var(shared_, id) : cotangents_.take(shared_, id);
  }

  void add_to(NodeId id, Var<T> cotangent) {
    const bool is_sum = reached(id);
    if (cotangents_.has(id)) {
      cotangent = accumulate(cotangents_.take(shared_, id), std::move(cotangent));
    } else if (const auto found = repeated_.find(id); found != repeated_.end()) {
      cotangent = accumulate(std::move(cotangent), std::move(found->second));
      repeated_.erase(found);
    }
    if (is_sum && tape_.check_finite)
      expect_finite(cotangent.value(), "backward: the sum of the cotangents of " + tape_.describe(id));
    if (cotangent.shape() == tape_.node(id).shape) {
      cotangents_.put(id, cotangent);
    } else {
      repeated_.emplace(id, std::move(cotangent));
    }
  }

  void release(Node<T>& node) {
    const auto drop = [&](Buffer& saved) {
      node.released = node.released || saved;
      saved = Buffer();  // not {}: clang 14 would leak what it replaces
    };
    for (Buffer& saved : node.saved_inputs) drop(saved);
    drop(node.saved_output);
    if (node.fused) {
      node.released = true;
      node.fused->saved.drop();
    }
  }

  // The stage "backward/…" that stands for a stage of the forward program.
  int mirrored(int scope) {
    std::vector<int> missing;
    const auto root = mirrors_.find(0);
    for (int outer = scope; root != mirrors_.end() && outer != 0;
         outer = tape_.scopes[static_cast<std::size_t>(outer)].parent) {
      if (outer == root->second) return scope;  // of a staged form that this sweep itself recorded
    }
    int known = scope;
    for (; !mirrors_.contains(known) && known != 0;
         known = tape_.scopes[static_cast<std::size_t>(known)].parent) {
      missing.push_back(known);
    }
    if (known == 0 && !mirrors_.contains(0)) mirrors_[0] = tape_.add_scope(0, "backward");
    int mirror = mirrors_[known];
    for (; !missing.empty(); missing.pop_back()) {
      const std::string name = tape_.scopes[static_cast<std::size_t>(missing.back())].name;
      mirror = mirrors_[missing.back()] = tape_.add_scope(mirror, name);
    }
    return mirror;
  }

  const std::shared_ptr<TapeState<T>>& shared_;
  TapeState<T>& tape_;
  const BackwardOptions<T>& options_;
  std::shared_ptr<TapeState<T>> recording_;
  Cotangents<T> cotangents_;
  std::map<NodeId, Var<T>> repeated_;  // those that are smaller than their node and broadcast to it
  std::vector<Range> pending_;         // the innermost range last: loops, never recursion
  std::vector<NodeId> passed_;         // to release at the end
  std::vector<bool> leads_;
  std::vector<bool> asked_;
  std::map<int, int> mirrors_;
};

}  // namespace

template <class T>
Gradients<T> backward(const Var<T>& y, const std::type_identity_t<Var<T>>& dy, BackwardOptions<T> options) {
  if (!y.on_tape()) throw TapeError("backward: y is a constant, expected a Var on a tape");
  if (!dy)
    throw TapeError("backward: dy has no value, expected a cotangent of shape " + to_string(y.shape()));
  expect_shape("backward", "dy", dy.shape(), y.shape());
  if (dy.on_tape() && dy.tape() != y.tape()) throw TapeError("backward: dy is on another tape than y");
  const std::shared_ptr<TapeState<T>>& tape = y.tape();
  std::vector<NodeId> wrt;
  for (const Var<T>& x : options.wrt) wrt.push_back(x.id());

  SweepSession session(*tape, options.record);
  Var<T> seed(dy.value());
  if (options.record) {
    const NodeId id = node_for(*tape, dy);
    if (!dy.on_tape()) tape->labels.set(id, "dy");
    seed = Var<T>(dy.value(), tape, id);
  }
  Cotangents<T> kept = Sweep<T>(tape, options).run(y.id(), seed);
  session.commit();
  return Gradients<T>(tape, std::move(kept), options.record, std::move(wrt));
}

template <class T>
Gradients<T> backward(const Var<T>& y, BackwardOptions<T> options) {
  if (y && y.shape().size() != 1) {
    throw ShapeError("backward: y has shape " + to_string(y.shape()) +
                     ", expected one element or a cotangent dy of that shape");
  }
  return backward(y, Var<T>(Tensor<T>::full(y.shape(), T(1))), std::move(options));
}

namespace {

template <class T>
void expect_directions(const std::string& op, const std::string& what, const Var<T>& y,
                       std::span<const Var<T>> inputs, std::span<const Tensor<T>> directions) {
  if (!y.on_tape()) throw TapeError(op + ": y is a constant, expected a Var on a tape");
  if (inputs.size() != directions.size()) {
    throw ShapeError(op + ": " + std::to_string(directions.size()) + " " + what +
                     "s came, expected one for each of the " + std::to_string(inputs.size()) + " inputs");
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    expect_shape(op, what + " " + std::to_string(i), directions[i].shape(), inputs[i].shape());
  }
}

}  // namespace

template <class T>
Tensor<T> jvp(const Var<T>& y, std::type_identity_t<std::span<const Var<T>>> inputs,
              std::type_identity_t<std::span<const Tensor<T>>> tangents) {
  expect_directions<T>("jvp", "tangent", y, inputs, tangents);
  const std::shared_ptr<TapeState<T>>& tape = y.tape();
  const SweepSession session(*tape, false);  // never committed: everything recorded here goes again
  tape->profile = false;
  Node<T> seed;
  seed.needs_gradient = true;
  seed.shape = y.shape();
  tape->nodes.push_back(std::move(seed));
  const Var<T> dy(Tensor<T>::zeros(y.shape()), tape, tape->next_id() - 1);

  const Gradients<T> grads = backward(y, dy, {.record = true, .wrt = {inputs.begin(), inputs.end()}});
  Var<T> tangent(Tensor<T>::zeros(y.shape()));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!grads.reached(inputs[i])) continue;
    const Gradients<T> of_dy =
        backward(grads.var(inputs[i]), Var<T>(tangents[i]), {.keep_saved = true, .wrt = {dy}});
    tangent = accumulate(std::move(tangent), Var<T>(of_dy[dy]));
  }
  return tangent.value();
}

template <class T>
std::vector<Tensor<T>> hvp(const Var<T>& y, std::type_identity_t<std::span<const Var<T>>> inputs,
                           std::type_identity_t<std::span<const Tensor<T>>> directions) {
  expect_directions<T>("hvp", "direction", y, inputs, directions);
  if (y.shape().size() != 1)
    throw ShapeError("hvp: y has shape " + to_string(y.shape()) + ", expected one element");
  const SweepSession session(*y.tape(), false);  // never committed: everything recorded here goes again
  y.tape()->profile = false;
  const BackwardOptions<T> first{.record = true, .wrt = {inputs.begin(), inputs.end()}};
  const Gradients<T> gradients = backward(y, first);
  Var<T> slope(Tensor<T>::scalar(T(0)));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (gradients.reached(inputs[i])) slope = slope + sum(gradients.var(inputs[i]) * Var<T>(directions[i]));
  }
  std::vector<Tensor<T>> products;
  if (!slope.on_tape()) {
    for (const Var<T>& x : inputs) products.push_back(Tensor<T>::zeros(x.shape()));
    return products;
  }
  const Gradients<T> second = backward(slope, {.keep_saved = true, .wrt = {inputs.begin(), inputs.end()}});
  for (const Var<T>& x : inputs) products.push_back(second[x]);
  return products;
}

#define WENGERT_INSTANTIATE(T)                                                                            \
  template Gradients<T> backward(const Var<T>&, const std::type_identity_t<Var<T>>&, BackwardOptions<T>); \
  template Gradients<T> backward(const Var<T>&, BackwardOptions<T>);                                      \
  template Tensor<T> jvp(const Var<T>&, std::span<const Var<T>>, std::span<const Tensor<T>>);             \
  template std::vector<Tensor<T>> hvp(const Var<T>&, std::span<const Var<T>>, std::span<const Tensor<T>>);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
