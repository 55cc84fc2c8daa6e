// SPDX-License-Identifier: MIT
// What every command line does around its commands: reading arguments, and turning errors into exit codes.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace wengert {

enum class ExitCode {
  agreed = 0,      ///< or done
  disagreed = 1,   ///< the evidence says no, or does not decide
  usage = 2,       ///< wrong options, shapes or sizes
  unreadable = 3,  ///< a file that cannot be read or written, the standard output too
};

/// Parses, calls `run`, and prints what went wrong as "name: …". Gives the exit code. An option that is given
/// with an empty value is wrong usage: most often a variable of a shell that was not set.
int run_program(const std::string& name, CLI::App& app, int argc, char** argv,
                const std::function<ExitCode()>& run);

}  // namespace wengert
