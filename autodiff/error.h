// SPDX-License-Identifier: MIT
// Every error the library throws on bad use. The text names the operation, the argument, what came and what
// was expected; the type says which kind of mistake it was. Nothing is changed when one of these is thrown,
// except where the function says so.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace wengert {

class Shape;

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Extents or axes that do not fit.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A number out of its domain: eps, a scalar argument, an option.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// Misuse of a tape: Vars of two tapes, a second sweep over released tensors, a missing cotangent.
class TapeError : public Error {
 public:
  using Error::Error;
};

/// Only with Tape::check_finite: the first op that made a NaN or an infinity.
class NonFiniteError : public Error {
 public:
  using Error::Error;
};

/// Throws ShapeError "op: argument has shape [7], expected [8]" unless the two are equal.
void expect_shape(std::string_view op, std::string_view argument, const Shape& got, const Shape& expected);

/// Throws ValueError "op: argument is -1, expected <expected>".
[[noreturn]] void throw_value(std::string_view op, std::string_view argument, double got,
                              std::string_view expected);

}  // namespace wengert
