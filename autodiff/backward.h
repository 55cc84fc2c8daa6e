// SPDX-License-Identifier: MIT
// The reverse sweep, and what is made of it.
#pragma once

#include <autodiff/gradients.h>

#include <span>
#include <vector>

namespace wengert {

template <class T>
struct BackwardOptions {
  bool record = false;  ///< put the sweep on the tape, so that it can be differentiated; implies keep_saved
  bool keep_saved = false;       ///< allow another sweep; else saved tensors are released as the sweep passes
  bool keep_cotangents = false;  ///< of inner nodes too, not of leaves alone
  std::vector<Var<T>> wrt{};     ///< only what leads to these is swept; empty: all leaves
};

/// Gradients of <dy, y> with respect to every leaf. `dy` has the shape of y; under `record` it may be a Var
/// on the tape, so that the result depends on it.
///
/// A node made by fuse() answers with its closed form; under `record` its staged form takes its place.
/// Throws ShapeError for a dy of another shape; TapeError for a constant y, for a second sweep over released
/// tensors, and for a fused node without staged form under `record`. All three before anything has changed.
template <class T>
Gradients<T> backward(const Var<T>& y, const std::type_identity_t<Var<T>>& dy,
                      BackwardOptions<T> options = {});

/// For a y of one element, whose dy is 1. Throws ShapeError for any other.
template <class T>
Gradients<T> backward(const Var<T>& y, BackwardOptions<T> options = {});

/// The tangent of y for tangents of some of its inputs: J t, by two sweeps (the vjp is linear in dy; its
/// derivative with respect to dy is the jvp). The tape is left as it was; y's saved tensors must be there
/// still.
template <class T>
Tensor<T> jvp(const Var<T>& y, std::type_identity_t<std::span<const Var<T>>> inputs,
              std::type_identity_t<std::span<const Tensor<T>>> tangents);

/// The Hessian of a y of one element along directions of some of its inputs: for each input the derivative of
/// Σ <v_j, dy/dx_j> with respect to it, by a recorded sweep and one over that. A direction of zeros asks for
/// the block of the other inputs. A fused node answers through its staged form. The tape is left as it was;
/// y's saved tensors must be there still. Throws as jvp does, and ShapeError for a y of more than one
/// element.
template <class T>
std::vector<Tensor<T>> hvp(const Var<T>& y, std::type_identity_t<std::span<const Var<T>>> inputs,
                           std::type_identity_t<std::span<const Tensor<T>>> directions);

}  // namespace wengert
