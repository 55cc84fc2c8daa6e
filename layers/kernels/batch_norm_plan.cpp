// SPDX-License-Identifier: MIT
#include <autodiff/kernels/parallel.h>
#include <layers/kernels/batch_norm_plan.h>
#include <unistd.h>

#include <bit>
#include <cstdint>
#include <numeric>

namespace wengert::kernels {
namespace {

constexpr Index longest_joined_row = 8192;  ///< elements: the coefficients of such a row stay in cache
constexpr Index max_chunks = 64, max_column_chunks = 32;  // a chunk costs a merge of every channel

Index power_of_two(Index at_least) {
  return static_cast<Index>(std::bit_ceil(static_cast<std::uint64_t>(at_least)));
}

}  // namespace

Machine this_machine() {
  static const Index l2_bytes = [] {
#ifdef _SC_LEVEL2_CACHE_SIZE
    if (const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE); bytes > 0) return Index{bytes};
#endif
    return 512 * kib;
  }();
  const int threads = available_threads();
  return {.l2_bytes = l2_bytes,
          .threads = threads,
          .non_temporal_from = threads > 1 ? shared_non_temporal_bytes : non_temporal_bytes};
}

int threads_for(Index bytes, const Machine& machine) { return bytes < parallel_bytes ? 1 : machine.threads; }

bool is_small(ChannelView view, Index element_bytes) {
  // Narrower rows make better use of vectors, and fewer float32 sums, when several are joined.
  const bool wide = view.inner == 1 && view.channels >= 16;
  return wide && view.outer <= 64 && view.outer * view.channels * element_bytes <= 32 * kib;
}

bool use_columns(ChannelView view) { return view.inner == 1 || (view.inner < 16 && view.outer >= 8); }

ColumnPlan plan_columns(ChannelView view, Index element_bytes, Index lanes, const Machine& machine) {
  ColumnPlan plan{};
  const Index row = view.channels * view.inner;
  const Index total = row * view.outer;
  const Index bytes = total * element_bytes;
  plan.non_temporal = bytes >= machine.non_temporal_from;
  plan.threads = threads_for(bytes, machine);

  // Rows are joined, by a power of two, until each starts on a vector and a narrow one fills a step of four:
  // it costs a sum over the joined ones, which a few KiB do not earn back.
  const Index step = 4 * lanes;
  const Index aligned = lanes / std::gcd(row, lanes);
  if (row < step || (row < 4 * step && bytes >= 128 * kib)) {
    plan.repeats = std::max(aligned, power_of_two(divide_up(step, row)));
  } else {
    plan.repeats = bytes >= machine.aligned_from && row * aligned <= longest_joined_row ? aligned : 1;
  }
  // Joining few rows would leave none to sum.
  while (plan.repeats > 1 && plan.repeats > view.outer / 4 && plan.repeats / 2 * row >= lanes)
    plan.repeats /= 2;
  plan.width = plan.repeats * row;
  plan.rows = total / plan.width;
  plan.rest = total % plan.width;

  const Index row_bytes = plan.width * element_bytes;
  const Index worth = 32 * kib / row_bytes, share = divide_up(plan.rows, max_column_chunks);
  plan.chunk_rows = round_up(std::max({Index{1}, share, worth}), ColumnPlan::tile_rows);
  const Index columns = 4 * kib / element_bytes;  // whose sums and coefficients stay in L1
  plan.strip = round_up(divide_up(plan.width, divide_up(plan.width, columns)), lanes);
  const bool from_memory = bytes >= 8 * kib * kib;
  plan.sum_ahead = from_memory ? 16 * kib / element_bytes : 0;
  plan.map_ahead = from_memory ? 8 * kib / element_bytes : 0;
  plan.map_four_rows = bytes < 256 * kib && plan.width % lanes == 0;
  plan.piece_rows = std::max(Index{16}, (from_memory ? 1024 : 256) * kib / row_bytes);
  plan.chunks = std::max(Index{1}, divide_up(plan.rows, plan.chunk_rows));
  const bool one_to_one = plan.width == view.channels;
  const Index wanted = divide_up(2 * plan.threads, plan.chunks);
  plan.shares = one_to_one && plan.threads > 1 ? std::clamp(plan.width / 512, Index{1}, wanted) : 1;
  return plan;
}

RowPlan plan_rows(ChannelView view, Index element_bytes, Index lanes, bool backward, const Machine& machine) {
  RowPlan plan{};
  const Index channel_bytes = view.count() * element_bytes;
  const Index bytes = channel_bytes * view.channels;
  plan.non_temporal = bytes >= machine.non_temporal_from;
  plan.threads = threads_for(bytes, machine);

  const Index tile = (backward ? RowPlan::backward_tile_vectors : RowPlan::tile_vectors) * lanes;
  plan.inner_step = std::min(view.inner, tile);
  plan.outer_step = std::clamp(tile / view.inner, Index{1}, std::min(view.outer, RowPlan::tile_runs));
  plan.tiles = divide_up(view.inner, plan.inner_step) * divide_up(view.outer, plan.outer_step);
  const Index chunk = 256 * kib / (tile * element_bytes);
  plan.chunk_tiles = std::max(chunk, divide_up(plan.tiles, max_chunks));
  plan.chunks = divide_up(plan.tiles, plan.chunk_tiles);

  plan.read_ahead = bytes >= 4 * kib * kib && view.outer > 1 ? 4 * kib / element_bytes : 0;

  // Half of L2 for what both sweeps read leaves room for what the second one writes. A channel that is many
  // runs of a tensor that stays in L3 anyway gains more by the order of memory.
  const Index in_l2 = machine.l2_bytes / 2 / (channel_bytes * (backward ? 2 : 1));
  const Index resident = view.outer > 1 && bytes < 4 * kib * kib ? view.channels : in_l2;
  const Index share = plan.threads == 1 ? view.channels : divide_up(view.channels, 4 * plan.threads);
  plan.group = std::clamp(resident, Index{1}, std::min(share, Index{512}));
  plan.split_chunks = plan.threads > 1 && plan.chunks > 1 && view.channels < 4 * plan.threads;
  return plan;
}

}  // namespace wengert::kernels
