// SPDX-License-Identifier: MIT
// Running statistics, through the modules that own them: one step of a case, or a sequence of steps.
#pragma once

#include <tools/conform/form.h>
#include <tools/conform/judge.h>

namespace wengert::conform {

/// "running_mean_out" and "running_var_out" after one batch of a batch_norm or instance_norm case that has a
/// momentum; nothing for any other. Throws whatever the module throws.
template <class T>
Outputs<T> running_outputs(const Case& c, const Npz& arrays, Form form);

/// "running_mean_1", "running_var_1", … after each step of a batch_norm sequence, and "y_eval".
template <class T>
Outputs<T> sequence_outputs(const Case& c, const Npz& arrays, Form form);

}  // namespace wengert::conform
