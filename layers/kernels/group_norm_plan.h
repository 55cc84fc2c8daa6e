// SPDX-License-Identifier: MIT
// How a group normalisation is cut into work.
//
//   rows       outer = inner = 1: a group is a run of memory, and gamma lies along it (layer and RMS norm)
//   channels   the passes of batch normalisation over one sample, whose channels are then merged into groups
//
// What a sum is made of follows from the shape and the vector length alone: the bits of a result do not
// depend on the threads.
#pragma once

#include <layers/kernels/batch_norm_plan.h>
#include <layers/kernels/group_norm.h>

namespace wengert::kernels {

inline bool use_rows(const GroupView& view) { return view.outer == 1 && view.inner == 1; }

/// Rows. A sample is all groups of one row of x. Both sweeps go over a tile of rows before the next one is
/// read.
struct GroupRowPlan {
  static constexpr Index strip_vectors =
      64;  ///< of a long row at a time; backward, summed in T, then in float64
  static constexpr Index record_samples = 32;  ///< of dgamma and dbeta are summed in T; then in float64

  Index tile_rows;      ///< in L1 from sweep to sweep, or in L2 if they are long; at most a vector of them
  Index chunk_samples;  ///< backward: one task, with its own dgamma and dbeta
  Index chunks;
  Index map_ahead;  ///< elements between what is written and what is fetched, for the next tile; 0 for none
  Index map_strip;  ///< columns that are written of all rows of a tile before the next ones
  int threads;
  bool non_temporal;
};

/// The two sweeps over one sample are a task, or over some of its groups.
struct GroupChannelPlan {
  Index block_groups;
  Index blocks;  ///< of a sample
  int threads;
  Machine machine;  ///< for the passes over a sample
};

GroupRowPlan plan_group_rows(const GroupView& view, Index element_bytes, Index lanes, bool backward,
                             const Machine& machine);
GroupChannelPlan plan_group_channels(const GroupView& view, Index element_bytes, bool backward,
                                     const Machine& machine);

}  // namespace wengert::kernels
