// SPDX-License-Identifier: MIT
// Why is a closed form's gradient not the true one? The difference is held against simple stories, the
// simplest first: one pathway off by a factor; all of it off by a factor; the same by a factor that varies
// along an axis (a missing gamma); numbers shifted by one or transposed; one slice wrong. A story is believed
// when the gradient corrected by it would agree.
#pragma once

#include <autodiff/compare/pathways.h>

#include <span>

namespace wengert {

/// One gradient (or the value) of the fused form that is not what it should be.
template <class W>
struct Difference {
  std::string of;          ///< "dx"
  const Tensor<W>& fused;  ///< widened
  const Tensor<W>& truth;
  const std::vector<PathClass<W>>& classes;   ///< of the truth; fewer than two: not split
  const std::vector<double>& scale;           ///< of each element's terms
  const std::vector<double>& allowed;         ///< what each element may be off
  const std::vector<NamedTensor<W>>& inputs;  ///< a factor may turn out to be one of them
};

template <class W>
Finding explain(const Difference<W>& difference);

/// A factor in words: "missing", "doubled", "of the wrong sign", "0.875 of what the graph gives: (N−1)/N with
/// N = 8?"; N is looked for among the products of extents of `shape`.
std::string factor_text(double factor, const Shape& shape);

}  // namespace wengert
