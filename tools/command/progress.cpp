// SPDX-License-Identifier: MIT
#include <tools/command/progress.h>
#include <unistd.h>

#include <iostream>

namespace wengert {

void show_progress(std::string_view stage) {
  if (isatty(STDERR_FILENO) != 0)
    std::cerr << "\r\x1b[K" << stage << (stage.empty() ? "" : " …") << std::flush;
}

}  // namespace wengert
