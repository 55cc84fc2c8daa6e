// SPDX-License-Identifier: MIT
// wengert: one layer, two gradients, from the command line.
#include <tools/cli/commands.h>
#include <tools/file_error.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <new>

int main(int argc, char** argv) {
  using wengert::ExitCode;
  const auto leave = [](ExitCode code) { return static_cast<int>(code); };
  CLI::App app{
      "One layer, two gradients: a layer as a graph of small ops, differentiated by the tape (staged),\n"
      "against one node with the hand-derived closed form (fused).\n\n"
      "Exit codes: 0 agreed, 1 the evidence says no, 2 wrong usage, 3 unreadable input."};
  app.name("wengert");
  app.set_version_flag("--version", WENGERT_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Try: wengert compare batch_norm --shape 128x256\n"
      "     wengert check batch_norm --form fused\n"
      "     wengert graph batch_norm --form staged -o batch_norm.svg");
  wengert::Command run;
  wengert::add_compare_command(app, run);
  wengert::add_check_command(app, run);
  wengert::add_graph_command(app, run);
  wengert::add_plot_command(app, run);
  wengert::add_conform_command(app, run);
  wengert::add_train_command(app, run);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? leave(ExitCode::agreed)
                                : leave(ExitCode::usage);  // CLI11 has codes of its own
  }
  try {
    return leave(run());
  } catch (const wengert::FileError& error) {
    std::cerr << "wengert: " << error.what() << "\n";
    return leave(ExitCode::unreadable);
  } catch (const wengert::Error& error) {
    std::cerr << "wengert: " << error.what() << "\n";
    return leave(ExitCode::usage);
  } catch (const std::bad_alloc&) {
    std::cerr << "wengert: not enough memory for a problem of this size\n";
    return leave(ExitCode::usage);
  }
}
