// SPDX-License-Identifier: MIT
// How a batch_norm case is run, in training mode and in evaluation mode.
#pragma once

#include <tools/conform/form.h>
#include <tools/conform/judge.h>

namespace wengert::conform {

/// Every output that the inputs of the case call for: value and statistics, first derivatives and their three
/// terms, second derivatives, jvp and derivatives along v up to order 4. "dx_mixed" is what the staged form's
/// paths through mean and variance both carry: zero to rounding, so no case states it. Throws FileError for
/// tensors that do not belong together, and whatever the layer throws.
template <class T>
Outputs<T> batch_norm_outputs(const Case& c, const Npz& arrays, Form form);

}  // namespace wengert::conform
