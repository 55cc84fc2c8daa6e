// SPDX-License-Identifier: MIT
// How layer, RMS, group and instance normalisation look at their input: they differ in nothing else.
#pragma once

#include <layers/kernels/group_norm.h>

#include <optional>
#include <string>
#include <vector>

namespace wengert {

struct GroupLayout {
  std::string op;            ///< the layer's name, in errors and graphs
  std::string over;          ///< "the last 2 axes", on the card of the fused node
  bool centred = true;       ///< false: the mean is not taken off, RMS normalisation
  kernels::GroupView view;   ///< for the kernels
  Shape grouped;             ///< x reshaped so that a group is all of some axes …
  std::vector<int> reduced;  ///< … these
  Shape statistics;          ///< of mean, var, inv_std
  Shape parameter;           ///< of gamma and beta …
  Shape broadcast;           ///< … so that they broadcast against x
};

/// The trailing axes are normalised over. Throws ValueError for normalized_axes below 1, ShapeError for an x
/// with fewer axes or with nothing in them.
GroupLayout trailing_layout(std::string op, const Shape& x, int normalized_axes);

/// Groups of channels of one sample; without `groups`, each channel. Throws ShapeError for rank < 2, a
/// channel axis out of range or 0, channels that the groups do not divide, fewer than two values a group;
/// ValueError for groups below 1.
GroupLayout channel_layout(std::string op, const Shape& x, int channel_axis, std::optional<int> groups);

/// Throws ValueError unless eps is finite and >= 0.
void check_eps(const std::string& op, double eps);

}  // namespace wengert
