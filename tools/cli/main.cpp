// SPDX-License-Identifier: MIT
// wengert: one layer, two gradients, from the command line.
#include <tools/cli/commands.h>
#include <tools/command/program.h>

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  CLI::App app{
      "One layer, two gradients: a layer as a graph of small ops, differentiated by the tape (staged),\n"
      "against one node with the hand-derived closed form (fused).\n\n"
      "Exit codes: 0 agreed, 1 the evidence says no or does not decide, 2 wrong\n"
      "usage, 3 a file that cannot be read or written."};
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

  return wengert::run_program("wengert", app, argc, argv, [&] { return run(); });
}
