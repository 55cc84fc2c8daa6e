// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/error.h>

namespace wengert {

/// A file that cannot be read or written, or whose contents are not what they should be. The text begins with
/// the file's name.
class FileError : public Error {
 public:
  using Error::Error;
};

}  // namespace wengert
