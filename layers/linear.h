// SPDX-License-Identifier: MIT
// The linear layer in two forms of one signature.
//
//   y = x·weightᵀ + bias    dx = dy·weight    dweight = dyᵀ·x    dbias = Σ_rows dy
#pragma once

#include <layers/optional_var.h>

namespace wengert {

/// x: [N, in]   weight: [out, in]   bias: [out], may be absent   y: [N, out]
/// Throws ShapeError for any other shapes, TapeError for Vars of two tapes.
namespace staged {
template <class T>
Var<T> linear(Var<T> x, Var<T> weight, OptionalVar<T> bias);
}

namespace fused {
template <class T>
Var<T> linear(Var<T> x, Var<T> weight, OptionalVar<T> bias);
}

}  // namespace wengert
