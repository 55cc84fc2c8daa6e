// SPDX-License-Identifier: MIT
// What the overlay shows: the program with its values, the cotangents on every edge, and the gradients of the
// leaves taken apart by pathway.
#pragma once

#include <autodiff/graph.h>
#include <autodiff/tape.h>

namespace wengert {

/// Sweeps <dy, y> and takes a snapshot of `tape`, which keeps what it saved. Values are there when the tape
/// kept them (Tape::keep_values). Leaves of up to `options.most_values` numbers are split by path; not where
/// there are more marks than split_by_path takes, or a fused node without a staged form.
/// Throws what backward() and snapshot() throw.
template <class T>
Graph overlay_graph(const Tape<T>& tape, const Var<T>& y, const Tensor<T>& dy, GraphOptions options = {});

}  // namespace wengert
