// SPDX-License-Identifier: MIT
// Numbers of one's own for the inputs of a layer, as a command line gives them: "x=1,3,1,3".
#pragma once

#include <autodiff/compare/subject.h>

#include <string>
#include <vector>

namespace wengert {

/// Overwrites the inputs that `settings` name; a single number is repeated. Other names than those of inputs
/// and "dy" throw ValueError, as do numbers that are none, or too few or too many.
template <class T>
void set_input_numbers(const std::vector<std::string>& settings, Subject<T>& subject);

/// The same for the cotangent of y, called "dy".
template <class T>
void set_cotangent_numbers(const std::vector<std::string>& settings, Tensor<T>& dy);

}  // namespace wengert
