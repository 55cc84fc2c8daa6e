// SPDX-License-Identifier: MIT
// The parallel region stands apart from the kernels: the function OpenMP makes of it needs no vector
// instructions, so it does not matter which target a compiler gives it.
#include <layers/kernels/parallel.h>
#include <omp.h>

#include <algorithm>

namespace wengert::kernels {

void parallel_ranges(Index count, int threads, FunctionRef<void(Index, Index)> body) {
  const Index parts = std::min<Index>(threads, count);
  if (parts <= 1) {
    body(0, count);
    return;
  }
#pragma omp parallel for schedule(static, 1) num_threads(static_cast <int>(parts))
  for (Index part = 0; part < parts; ++part) body(count * part / parts, count * (part + 1) / parts);
}

int available_threads() { return omp_get_max_threads(); }

}  // namespace wengert::kernels
