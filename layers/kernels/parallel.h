// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/function_ref.h>
#include <autodiff/shape.h>

namespace wengert::kernels {

/// Calls body(begin, end) on `threads` parts of [0, count) at the same time; with one thread, here and now.
/// The cut follows the thread count, so body must not: what it computes for an index depends on the index
/// alone.
void parallel_ranges(Index count, int threads, FunctionRef<void(Index, Index)> body);

/// The threads that OpenMP would give.
int available_threads();

}  // namespace wengert::kernels
