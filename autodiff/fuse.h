// SPDX-License-Identifier: MIT
// fuse(): bring your own closed form: one node whose forward and gradient you wrote by hand.
//
//   return fuse<T>({.op = "scaled_exp",
//                   .inputs = {{"x", x}, {"s", s}},
//                   .forward = [&](Saved<T>& save) { Tensor<T> y = …; save.add("y", y); return y; },
//                   .vjp = [](const Saved<T>& s, const Tensor<T>& dy) -> std::vector<Tensor<T>> { … },
//                   .staged = [](std::span<const Var<T>> in) { return exp(in[0]) * in[1]; }});
#pragma once

#include <autodiff/tape.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace wengert {

template <class T>
struct NamedVar {
  std::string name;
  Var<T> var;
};

template <class T>
struct Fusion {
  std::string op;                   ///< the node's name in errors and graphs
  std::vector<NamedVar<T>> inputs;  ///< kept by the node, under these names

  /// Computes the value, and adds to `save` what the gradient needs besides the inputs.
  std::function<Tensor<T>(Saved<T>& save)> forward = {};

  /// The closed form: one cotangent an input, in order. An input that needs no gradient may get an empty one.
  /// It outlives the call: capture small attributes only, never a Var (it would keep its own tape alive).
  std::function<std::vector<Tensor<T>>(const Saved<T>& saved, const Tensor<T>& dy)> vjp = {};

  /// The same function as ops, for everything beyond the first derivative: recorded sweeps and split_by_path
  /// put it in the node's place. Without one they refuse, naming the node.
  std::function<Var<T>(std::span<const Var<T>> inputs)> staged = {};

  /// The lines on the node's card, asked for when a drawing is made. It outlives the call, as vjp does.
  std::function<FusedText()> text = {};
};

/// Runs `forward`; when an input is on a tape, puts one node there. On constants it just computes.
/// Throws ValueError without `forward` or `vjp`, TapeError for inputs on two tapes, ShapeError when `forward`
/// gives no value; the tape stays as it was.
///
/// What `vjp` gives is checked when the sweep asks for it: ShapeError for a cotangent of the wrong shape or
/// too few of them, TapeError for a missing one. By then the sweep has released what the nodes above had
/// saved.
template <class T>
Var<T> fuse(Fusion<T> fusion);

}  // namespace wengert
