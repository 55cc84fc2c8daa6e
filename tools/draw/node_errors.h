// SPDX-License-Identifier: MIT
// Where a program loses digits: every value of a tape against the same program in a wider type.
#pragma once

#include <autodiff/compare/subject.h>
#include <autodiff/graph.h>
#include <autodiff/tape.h>

namespace wengert {

/// Sets GraphNode::error of the program's nodes in `graph`, a snapshot of `tape`: the largest |value − wide|,
/// in units of the roundoff of T times the root mean square of the wide value. Both tapes kept their values
/// and recorded the same program. Throws ValueError where they did not.
template <class T>
void measure_errors(Graph& graph, const Tape<T>& tape, const Tape<Wider<T>>& wide);

}  // namespace wengert
