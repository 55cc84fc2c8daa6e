// SPDX-License-Identifier: MIT
// The front of a .npy file, checked before anybody trusts it: numpy.org/neps/nep-0001-npy-format.html
#pragma once

#include <autodiff/shape.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace wengert {

struct NpyHeader {
  std::string dtype;  ///< as NumPy spells it: "<f4"
  Shape shape;
  std::size_t data_offset = 0;  ///< where the numbers begin
};

/// Reads the header of a .npy file of version 1.0 or 2.0, given its bytes and the name to use in errors.
/// Throws FileError for anything malformed, for fortran order, and for a shape that no tensor can have.
NpyHeader parse_npy_header(std::string_view file, std::string_view name);

/// A header of version 1.0, padded to 320 bytes whatever the shape: room for eight axes, data aligned to 64.
std::string npy_header_bytes(std::string_view dtype, const Shape& shape);

}  // namespace wengert
