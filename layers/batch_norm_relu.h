// SPDX-License-Identifier: MIT
// Batch normalisation in training mode and relu behind it, in two forms of one signature.
//
//   z = batch_norm(x, gamma, beta)    y = max(z, 0)
//   dz = dy where z > 0, else 0       and from dz on the gradient of batch_norm
//
// The fused node keeps no mask and neither z nor y: the sign of z is computed again from x, which it keeps
// anyway (docs/batch_norm.md, "BatchNorm and ReLU in one node"). At exactly 0 the gradient is 0, as relu's.
#pragma once

#include <layers/batch_norm.h>

namespace wengert {

/// Arguments and errors as of batch_norm; `y` of the result is behind the relu.
namespace staged {
template <class T>
BatchNormResult<T> batch_norm_relu(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                   BatchNormOptions options = {});
}

namespace fused {
template <class T>
BatchNormResult<T> batch_norm_relu(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                   BatchNormOptions options = {});
}

}  // namespace wengert
