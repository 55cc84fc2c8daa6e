// SPDX-License-Identifier: MIT
// How a case of instance_norm is run.
#pragma once

#include <tools/conform/form.h>
#include <tools/conform/judge.h>

namespace wengert::conform {

/// As norm_outputs. Throws FileError for a case whose layout does not fit the layer.
template <class T>
Outputs<T> instance_norm_outputs(const Case& c, const Npz& arrays, Form form);

}  // namespace wengert::conform
