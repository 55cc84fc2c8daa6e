// SPDX-License-Identifier: MIT
// Small tensors written out on a picture.
#pragma once

#include <autodiff/shape.h>

#include <span>
#include <string>

namespace wengert {

/// "(1, −½, 3)": halves and quarters as fractions where all the numbers are such and `fractions` allows it,
/// else four digits. A lone number has no brackets, rows of a matrix are parted by semicolons; beyond twelve
/// numbers the middle is left out.
std::string numbers_text(std::span<const double> values, const Shape& shape, bool fractions = true);

}  // namespace wengert
