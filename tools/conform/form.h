// SPDX-License-Identifier: MIT
#pragma once

#include <layers/form.h>

namespace wengert::conform {

using wengert::Form;

}  // namespace wengert::conform
