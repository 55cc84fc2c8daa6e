// SPDX-License-Identifier: MIT
#include <autodiff/compare/slicing.h>

#include <bit>
#include <cmath>

namespace wengert {
namespace {

Slicing cut(const Shape& shape, unsigned axes) {
  Slicing out;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if ((axes >> axis & 1U) == 0) continue;
    out.count *= static_cast<std::size_t>(shape[axis]);
    out.name += (out.name.empty() ? "" : " and ") + std::to_string(axis);
  }
  out.name = (std::popcount(axes) == 1 ? "axis " : "axes ") + out.name;
  out.of.assign(static_cast<std::size_t>(shape.size()), 0);
  for (Index i = 0; i < shape.size(); ++i) {
    Index rest = i, slice = 0, stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; rest /= shape[axis], --axis) {
      if ((axes >> axis & 1U) == 0) continue;
      slice += rest % shape[axis] * stride;
      stride *= shape[axis];
    }
    out.of[static_cast<std::size_t>(i)] = static_cast<std::size_t>(slice);
  }
  return out;
}

}  // namespace

std::vector<Slicing> slicings(const Shape& shape, Index least) {
  std::vector<Slicing> out{cut(shape, 0)};
  for (const int wanted : {1, 2}) {
    for (unsigned axes = 1; axes < (1U << shape.rank()); ++axes) {
      if (std::popcount(axes) != wanted) continue;
      Index count = 1;
      for (int axis = 0; axis < shape.rank(); ++axis) count *= (axes >> axis & 1U) != 0 ? shape[axis] : 1;
      if (count > 1 && shape.size() / count >= least) out.push_back(cut(shape, axes));
    }
  }
  return out;
}

template <class W>
std::vector<double> slice_deviations(const Tensor<W>& x, const Slicing& slicing) {
  std::vector<long double> n(slicing.count, 0), mean(slicing.count, 0), squares(slicing.count, 0);
  for (std::size_t i = 0; i < slicing.of.size(); ++i) {
    n[slicing.of[i]] += 1;
    mean[slicing.of[i]] += static_cast<long double>(x[static_cast<Index>(i)]);
  }
  for (std::size_t s = 0; s < slicing.count; ++s) mean[s] /= n[s];
  for (std::size_t i = 0; i < slicing.of.size(); ++i) {
    const long double off = static_cast<long double>(x[static_cast<Index>(i)]) - mean[slicing.of[i]];
    squares[slicing.of[i]] += off * off;
  }
  std::vector<double> out;
  for (std::size_t s = 0; s < slicing.count; ++s)
    out.push_back(static_cast<double>(std::sqrt(squares[s] / n[s])));
  return out;
}

template std::vector<double> slice_deviations(const Tensor<double>&, const Slicing&);
template std::vector<double> slice_deviations(const Tensor<long double>&, const Slicing&);

}  // namespace wengert
