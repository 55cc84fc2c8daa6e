// SPDX-License-Identifier: MIT
// Loops over several threads. Results never depend on how many there are.
#pragma once

#include <autodiff/function_ref.h>
#include <autodiff/shape.h>

namespace wengert::kernels {

/// Calls body(begin, end) for pieces that cover [0, count), on up to `threads` threads at the same time, the
/// caller's being one of them; with one thread, once, here and now. Pieces and threads vary from call to
/// call: what body computes for an index must depend on the index alone. The first exception that a piece
/// throws is thrown here, after the pieces that had begun.
///
/// A loop within a loop, or beside one of another thread of the program, runs on its caller's thread alone.
void parallel_ranges(Index count, int threads, FunctionRef<void(Index, Index)> body);

/// From this size of a tensor on, a loop that moves memory gains by several threads: waking one takes as long
/// as a core needs for some hundred KiB, and much longer where other programs hold the processors.
inline constexpr Index parallel_bytes = Index{1} << 20;

/// How many threads the kernels use: what use_threads() said, else OMP_NUM_THREADS, else one a processor.
int available_threads();

/// From now on, for the whole process; 0 goes back to the default.
void use_threads(int threads);

}  // namespace wengert::kernels
