// SPDX-License-Identifier: MIT
#include <autodiff/compare/layer_form.h>

#include <string>

namespace wengert::layer_form {

void expect_inputs(std::size_t came, std::size_t expected) {
  if (came == expected) return;
  throw ShapeError("compare: " + std::to_string(came) + " inputs came, the form takes " +
                   std::to_string(expected));
}

}  // namespace wengert::layer_form
