// SPDX-License-Identifier: MIT
// How a batch normalisation is cut into work: every choice of tile, order, store and thread count is made
// here.
//
// Each pass is two sweeps. The first sums each channel, the second writes y or dx. What the sums are made of
// (tiles, chunks, the tree that merges them) follows from the shape and the vector length alone, so that the
// bits of a result do not depend on the threads. Where the second sweep starts, which channels share a task
// and how results are stored changes no bits and may follow the machine.
//
//   columns  inner = 1, or inner so short that a row of channels is the better run: vectors across channels.
//            Four rows at a time are summed, one is written; the second sweep goes backwards, since the end
//            of the first is still in cache. Few columns stay in registers from row to row.
//   small    few such rows, all of them in cache: one vector of columns after the other, in registers.
//   rows     inner > 1: vectors along a channel. A channel, or a group of small ones, stays in L2 between the
//            sweeps, so x is read from memory once; a channel larger than that gets its second sweep
//            backwards as well. Where L3 holds the tensor, many runs a channel go in the order of memory.
#pragma once

#include <layers/kernels/batch_norm.h>

#include <algorithm>

namespace wengert::kernels {

inline constexpr Index kib = 1024;

inline Index round_up(Index n, Index unit) { return (n + unit - 1) / unit * unit; }
inline Index divide_up(Index n, Index unit) { return (n + unit - 1) / unit; }

/// From this size of an output on, stores go past the caches. Below, the four tensors of a step live in L3,
/// where an ordinary store that reads its line first costs less than one that goes to memory. Several threads
/// share the way to memory, and each has its own to L3: for them that holds as long as L3 does.
inline constexpr Index non_temporal_bytes = Index{2} << 20;
inline constexpr Index shared_non_temporal_bytes = Index{8} << 20;

/// What the machine offers; bits do not depend on it.
struct Machine {
  Index l2_bytes;  ///< of one core
  int threads;
  Index non_temporal_from = non_temporal_bytes;
  Index aligned_from = non_temporal_bytes;  ///< rows are joined to begin on a vector; by the shape alone
};

Machine this_machine();

/// One for a tensor that is smaller than parallel_bytes.
int threads_for(Index bytes, const Machine& machine);

/// The rows [outer, channels·inner] read as `rows` rows of `width`, and `rest` elements that are left.
/// Several rows of a narrow tensor make one row: no vector is ever partly empty but the last.
struct ColumnPlan {
  /// Summed in T: four rows, the fours of a part, the parts of a tile, so that no sum is a long one. Tiles
  /// are merged in float64. The sums of the backward pass are gradients, and merge cheaply.
  static constexpr Index part_rows = 32;
  static constexpr Index tile_rows = 512, backward_tile_rows = 128;
  static constexpr Index pivot_rows = 8;  ///< their mean is the first pivot
  static constexpr Index step_rows = 8;   ///< a step has all its strips before the next

  Index width, rows, rest;
  Index repeats;       ///< rows of the tensor in a row of the plan
  Index chunk_rows;    ///< summed by one task; a multiple of tile_rows
  Index strip;         ///< columns
  Index sum_ahead;     ///< elements between what is summed and what is fetched; 0 for nothing
  Index map_ahead;     ///< the same in the second sweep
  bool map_four_rows;  ///< under one load of the coefficients
  Index piece_rows;    ///< the second sweep goes backwards by pieces, and forwards within one
  Index chunks;
  Index shares;  ///< the columns are cut as well, where too few chunks would leave threads idle
  int threads;
  bool non_temporal;
};

/// Each channel in tiles: whole runs (outer_step of them) where they are short, pieces of one run where it is
/// long.
struct RowPlan {
  /// Summed in T: vectors of a run to a piece, pieces or runs to a tile. Then in float64, as tile_rows.
  static constexpr Index piece_vectors = 128, tile_runs = 128;
  static constexpr Index tile_vectors = 2048, backward_tile_vectors = 512;
  static constexpr Index pivot_elements = 16;  ///< their mean is the first pivot

  Index outer_step, inner_step;
  Index tiles, chunk_tiles, chunks;
  Index read_ahead;   ///< elements between what is summed and what is fetched; 0 for nothing
  Index group;        ///< channels that one task sums, and writes while they are in L2
  bool split_chunks;  ///< too few channels for the threads: each chunk is a task of its own
  int threads;
  bool non_temporal;
};

bool is_small(ChannelView view, Index element_bytes);
bool use_columns(ChannelView view);
ColumnPlan plan_columns(ChannelView view, Index element_bytes, Index lanes, const Machine& machine);
RowPlan plan_rows(ChannelView view, Index element_bytes, Index lanes, bool backward, const Machine& machine);

}  // namespace wengert::kernels
