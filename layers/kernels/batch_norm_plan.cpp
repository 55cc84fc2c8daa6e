// SPDX-License-Identifier: MIT
#include <layers/kernels/batch_norm_plan.h>
#include <layers/kernels/parallel.h>
#include <unistd.h>

namespace wengert::kernels {
namespace {

constexpr Index kib = 1024;
constexpr Index max_chunks = 64;

// Entering a parallel region costs about a microsecond, the time in which one core sweeps some tens of KiB.
int threads_for(Index bytes, const Machine& machine) { return bytes < 256 * kib ? 1 : machine.threads; }

}  // namespace

Machine this_machine() {
  static const Index l2_bytes = [] {
    const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return bytes > 0 ? Index{bytes} : 512 * kib;
  }();
  return {l2_bytes, 8 * 1024 * kib, available_threads()};
}

bool use_columns(ChannelView view) { return view.inner == 1 || (view.inner < 16 && view.outer >= 8); }

ColumnPlan plan_columns(ChannelView view, Index element_bytes, Index lanes, const Machine& machine) {
  ColumnPlan plan{};
  const Index row = view.channels * view.inner;
  const Index total = row * view.outer;
  const Index bytes = total * element_bytes;
  plan.non_temporal = bytes >= machine.non_temporal_bytes;
  plan.threads = threads_for(bytes, machine);

  // Rows are joined until they fill whole steps of four vectors, or, for wide ones, until each starts on a
  // vector.
  const Index step = 4 * lanes;
  if (row < 4 * step) {
    plan.repeats = step / std::gcd(row, step);
  } else {
    plan.repeats = plan.non_temporal && row * lanes <= 8 * kib ? lanes / std::gcd(row, lanes) : 1;
  }
  // Joining few rows would leave none to sum, and a narrow row must still fill a vector.
  const Index enough = divide_up(step, row);
  plan.repeats = std::max(Index{1}, std::min(plan.repeats, std::max(enough, view.outer / 8)));
  plan.width = plan.repeats * row;
  plan.rows = total / plan.width;
  plan.rest = total % plan.width;

  const Index row_bytes = plan.width * element_bytes;
  plan.chunk_rows =
      round_up(std::max(divide_up(plan.rows, max_chunks), 32 * kib / row_bytes), ColumnPlan::tile_rows);
  plan.chunk_rows = std::max(plan.chunk_rows, ColumnPlan::tile_rows);
  plan.chunks = std::max(Index{1}, divide_up(plan.rows, plan.chunk_rows));
  const bool one_to_one = plan.width == view.channels;
  const Index wanted = divide_up(4 * plan.threads, plan.chunks);
  plan.strips = one_to_one && plan.threads > 1 ? std::clamp(plan.width / 512, Index{1}, wanted) : 1;
  return plan;
}

RowPlan plan_rows(ChannelView view, Index element_bytes, Index lanes, bool backward, const Machine& machine) {
  RowPlan plan{};
  const Index channel_bytes = view.count() * element_bytes;
  const Index bytes = channel_bytes * view.channels;
  plan.non_temporal = bytes >= machine.non_temporal_bytes;
  plan.threads = threads_for(bytes, machine);

  const Index tile = RowPlan::tile_vectors * lanes;
  plan.inner_step = std::min(view.inner, tile);
  plan.outer_step = std::clamp(tile / view.inner, Index{1}, view.outer);
  plan.tiles = divide_up(view.inner, plan.inner_step) * divide_up(view.outer, plan.outer_step);
  const Index chunk = 256 * kib / (tile * element_bytes);
  plan.chunk_tiles = std::max(chunk, divide_up(plan.tiles, max_chunks));
  plan.chunks = divide_up(plan.tiles, plan.chunk_tiles);

  // Half of L2 for what both sweeps read leaves room for what the second one writes.
  const Index resident = machine.l2_bytes / 2 / (channel_bytes * (backward ? 2 : 1));
  const Index share = divide_up(view.channels, 4 * plan.threads);
  plan.group = std::clamp(resident, Index{1}, std::min(share, Index{64}));
  plan.split_chunks = plan.threads > 1 && plan.chunks > 1 && view.channels < 4 * plan.threads;
  return plan;
}

}  // namespace wengert::kernels
