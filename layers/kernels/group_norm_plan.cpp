// SPDX-License-Identifier: MIT
#include <layers/kernels/group_norm_plan.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

namespace wengert::kernels {
namespace {

constexpr Index max_chunks = 64;

Index power_of_two(Index at_most) {
  return static_cast<Index>(std::bit_floor(static_cast<std::uint64_t>(at_most)));
}

// Rows that stay in L1 until they are written.
Index rows_in_l1(Index row_bytes) { return power_of_two(std::max(Index{1}, 16 * kib / row_bytes)); }

}  // namespace

GroupRowPlan plan_group_rows(const GroupView& view, Index element_bytes, Index lanes, bool backward,
                             const Machine& machine) {
  GroupRowPlan plan{};
  const Index sample_bytes = view.channels * element_bytes;
  const Index bytes = view.batch * sample_bytes;
  plan.non_temporal = bytes >= machine.non_temporal_from;
  plan.threads = threads_for(bytes, machine);
  // Each chunk ends with a sweep over its dgamma and dbeta: it has to be worth it.
  const Index samples = GroupRowPlan::record_samples;
  const Index worth = std::max(samples, 256 * kib / sample_bytes);
  plan.chunk_samples = round_up(std::max(worth, divide_up(view.batch, max_chunks)), samples);
  plan.chunks = divide_up(view.batch, plan.chunk_samples);
  // What belongs to the columns of a long row leaves L1 before the next row is there: a few rows by strips.
  const Index row_bytes = view.group_channels() * element_bytes, read_bytes = row_bytes * (backward ? 2 : 1);
  const bool is_long = row_bytes > 8 * kib;
  const Index in_l2 = power_of_two(std::clamp(machine.l2_bytes / 2 / read_bytes, Index{1}, Index{4}));
  plan.tile_rows = std::min(lanes, is_long ? in_l2 : rows_in_l1(read_bytes));
  if (plan.threads > 1) {  // few long rows: some for each
    const Index share = std::max(Index{1}, view.statistics() / (4 * plan.threads));
    plan.tile_rows = std::min(plan.tile_rows, power_of_two(share));
  }
  plan.map_strip = is_long ? GroupRowPlan::strip_vectors * lanes : view.group_channels();
  const bool worth_fetching =
      bytes >= 2 * machine.l2_bytes && plan.tile_rows * read_bytes <= machine.l2_bytes / 4;
  plan.map_ahead = worth_fetching ? plan.tile_rows * view.group_channels() : 0;
  return plan;
}

GroupChannelPlan plan_group_channels(const GroupView& view, Index element_bytes, bool backward,
                                     const Machine& machine) {
  GroupChannelPlan plan{};
  const Index bytes = view.size() * element_bytes;
  plan.threads = threads_for(bytes, machine);
  const Index group_bytes = view.count() * element_bytes * (backward ? 2 : 1);
  const Index resident = machine.l2_bytes / 2 / group_bytes;
  const Index share = plan.threads == 1 ? view.groups : divide_up(view.statistics(), 4 * plan.threads);
  const Index most = std::max(Index{1}, 512 / view.group_channels());
  // Columns are read row after row, all channels of a sample at once.
  const bool whole = use_columns({view.outer, view.channels, view.inner});
  plan.block_groups =
      whole ? view.groups : std::clamp(std::min({resident, share, most}), Index{1}, view.groups);
  plan.blocks = divide_up(view.groups, plan.block_groups);
  plan.machine = machine;
  // A sample is as a part of the whole.
  const auto from = [bytes](Index size) { return bytes >= size ? 0 : std::numeric_limits<Index>::max(); };
  plan.machine.non_temporal_from = from(machine.non_temporal_from);
  plan.machine.aligned_from = from(machine.aligned_from);
  return plan;
}

}  // namespace wengert::kernels
