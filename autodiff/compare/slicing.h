// SPDX-License-Identifier: MIT
// The ways to cut a tensor into slices: not at all, by one axis, by two.
#pragma once

#include <autodiff/tensor.h>

#include <string>
#include <vector>

namespace wengert {

struct Slicing {
  std::string name;             ///< "axis 1", "axes 0 and 1"
  std::size_t count = 1;        ///< of slices
  std::vector<std::size_t> of;  ///< the slice of each element
};

/// Those whose slices have at least `least` elements, the coarsest first; the first is the whole tensor.
std::vector<Slicing> slicings(const Shape& shape, Index least);

/// The standard deviation of each slice.
template <class W>
std::vector<double> slice_deviations(const Tensor<W>& x, const Slicing& slicing);

}  // namespace wengert
