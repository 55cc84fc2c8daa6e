// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <fmt/format.h>
#include <tools/command/program.h>
#include <tools/file_error.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <new>

namespace wengert {
namespace {

void refuse_empty_values(const CLI::App& app) {
  for (const CLI::App* command : app.get_subcommands()) {
    for (const CLI::Option* option : command->get_options()) {
      if (std::ranges::find(option->results(), "") != option->results().end())
        throw ValueError(option->get_name() + ": an empty value came, expected one");
    }
  }
}

// A full disk shows only when the buffer goes out.
void flush_output() {
  errno = 0;
  if (!std::cout.flush())
    throw FileError(fmt::format("the output cannot be written ({})",
                                errno != 0 ? std::strerror(errno) : "standard output is closed or full"));
}

int parse_and_run(CLI::App& app, int argc, char** argv, const std::function<ExitCode()>& run) {
  const auto leave = [](ExitCode code) { return static_cast<int>(code); };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);  // CLI11 has codes of its own
    flush_output();
    return leave(code == 0 ? ExitCode::agreed : ExitCode::usage);
  }
  refuse_empty_values(app);
  const ExitCode code = run();
  flush_output();
  return leave(code);
}

}  // namespace

int run_program(const std::string& name, CLI::App& app, int argc, char** argv,
                const std::function<ExitCode()>& run) {
  const auto say = [&](const std::string& what, ExitCode code) {
    std::cerr << name << ": " << what << "\n";
    return static_cast<int>(code);
  };
  try {
    return parse_and_run(app, argc, argv, run);
  } catch (const FileError& error) {
    return say(error.what(), ExitCode::unreadable);
  } catch (const std::bad_alloc&) {
    return say("not enough memory for a problem of this size", ExitCode::usage);
  } catch (const std::exception& error) {
    return say(error.what(), ExitCode::usage);
  }
}

}  // namespace wengert
