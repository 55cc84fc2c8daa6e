// SPDX-License-Identifier: MIT
// Whether what is not finite stays in its group: a channel of batch norm, a row of layer norm.
#pragma once

#include <tools/conform/behaviour.h>
#include <tools/conform/judge.h>

#include <string>

namespace wengert::conform {

/// What is wrong with `outputs`: a bad group that shows nothing in y, another that shows something, or a
/// value that moved. "running_mean_out" and "running_var_out" are looked at where the behaviour states them.
/// Empty if nothing is wrong.
template <class T>
std::string unconfined(const Behaviour& behaviour, const Outputs<T>& outputs);

}  // namespace wengert::conform
