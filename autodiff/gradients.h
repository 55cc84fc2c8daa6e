// SPDX-License-Identifier: MIT
// Gradients<T>: what a sweep returns. A value: nothing to reset, nothing that goes stale.
#pragma once

#include <autodiff/tape.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace wengert {

/// The cotangents that one sweep kept, by id of their node.
template <class T>
class Cotangents {
 public:
  bool has(NodeId id) const { return static_cast<bool>(at(id).numbers); }
  /// Whether there was one that the sweep did not keep.
  bool dropped(NodeId id) const { return at(id).was_dropped; }
  void resize(std::size_t nodes) { slots_.resize(std::max(slots_.size(), nodes)); }
  std::size_t size() const { return slots_.size(); }

  const Buffer& buffer(NodeId id) const { return at(id).numbers; }
  /// The cotangent of a node: on `tape` when it was recorded, else a constant.
  Var<T> var(const std::shared_ptr<TapeState<T>>& tape, NodeId id) const;
  void put(NodeId id, const Var<T>& cotangent);
  /// Takes it out, so that its numbers may be overwritten.
  Var<T> take(const std::shared_ptr<TapeState<T>>& tape, NodeId id) {
    Var<T> cotangent = var(tape, id);
    drop(id);
    return cotangent;
  }
  void drop(NodeId id) { slots_[static_cast<std::size_t>(id)] = {.was_dropped = true}; }

 private:
  struct Slot {  // 16 bytes a node: the shape is the node's
    Buffer numbers{};
    NodeId recorded = no_node;
    bool was_dropped = false;
  };
  const Slot& at(NodeId id) const {
    static const Slot none;
    return id >= 0 && static_cast<std::size_t>(id) < slots_.size() ? slots_[static_cast<std::size_t>(id)]
                                                                   : none;
  }
  std::vector<Slot> slots_;
};

template <class T>
class Gradients {
 public:
  Gradients() = default;
  Gradients(std::shared_ptr<TapeState<T>> tape, Cotangents<T> kept, bool recorded, std::vector<NodeId> wrt)
      : tape_(std::move(tape)), kept_(std::move(kept)), recorded_(recorded), wrt_(std::move(wrt)) {}

  /// The gradient with respect to `x`, by value; zeros when `x` is not connected to what was differentiated.
  /// Throws TapeError for an x on another tape, one that BackwardOptions::wrt did not name, or an inner node
  /// whose cotangent was not kept.
  Tensor<T> operator[](const Var<T>& x) const { return get(x).value(); }
  /// The same for a parameter. Throws TapeError when it is no leaf of the tape.
  Tensor<T> operator[](const Parameter<T>& parameter) const { return get(leaf_of(parameter)).value(); }

  /// The same as a Var to differentiate again. Throws TapeError when the sweep was not recorded.
  Var<T> var(const Var<T>& x) const;
  Var<T> var(const Parameter<T>& parameter) const { return var(leaf_of(parameter)); }

  /// Whether `x` is connected at all: tells "zero" from "not connected".
  bool reached(const Var<T>& x) const;

  const Cotangents<T>& kept() const { return kept_; }
  const std::shared_ptr<TapeState<T>>& tape() const { return tape_; }

 private:
  Var<T> get(const Var<T>& x) const;
  Var<T> leaf_of(const Parameter<T>& parameter) const;
  void expect_answer(const Var<T>& x) const;

  std::shared_ptr<TapeState<T>> tape_;
  Cotangents<T> kept_;
  bool recorded_ = false;
  std::vector<NodeId> wrt_;  // what was asked for; empty: all leaves
};

}  // namespace wengert
