// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/graph.h>

namespace wengert {

/// The graph with the reverse sweep of its fused nodes drawn in: for each that needs a gradient a node with
/// the closed form, fed by the cotangent of its output and by what it saved, and one node a cotangent that
/// comes out. The graph stays data of one tape: the new nodes are numbered after its last.
Graph with_closed_form_vjp(Graph graph);

}  // namespace wengert
