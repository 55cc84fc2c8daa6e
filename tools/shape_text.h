// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/shape.h>

#include <string>

namespace wengert {

/// "1024x1024" or "8,256,14,14". Throws ValueError for anything else.
Shape parse_shape(const std::string& text);

}  // namespace wengert
