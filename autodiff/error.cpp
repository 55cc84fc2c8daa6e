// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <autodiff/shape.h>

#include <sstream>

namespace wengert {

void expect_shape(std::string_view op, std::string_view argument, const Shape& got, const Shape& expected) {
  if (got == expected) return;
  throw ShapeError(std::string(op) + ": " + std::string(argument) + " has shape " + to_string(got) +
                   ", expected " + to_string(expected));
}

void throw_value(std::string_view op, std::string_view argument, double got, std::string_view expected) {
  std::ostringstream text;
  text << op << ": " << argument << " is " << got << ", expected " << expected;
  throw ValueError(text.str());
}

}  // namespace wengert
