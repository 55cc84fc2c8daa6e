// SPDX-License-Identifier: MIT
#include <tools/cli/commands.h>
#include <tools/command/progress.h>
#include <tools/conform/folder_report.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace wengert {

void add_conform_command(CLI::App& app, Command& run) {
  struct Arguments {
    std::string folder;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "conform",
      "Judge both forms of every layer by a folder of reference vectors (manifest.json and .npz files)");
  command->add_option("folder", arguments->folder, "The folder with manifest.json")->required();
  command->add_flag("--json", arguments->json, "Print JSON instead of the table");
  command->footer(
      "Exit codes: 0 all that is required passed and every behaviour is met, 1 not, 3 unreadable folder.");
  command->callback([arguments, &run] {
    run = [arguments] {
      const conform::FolderResult result = conform::run_folder(arguments->folder, show_progress);
      show_progress("");
      std::cout << (arguments->json ? conform::to_json(result) + "\n" : conform::to_text(result));
      return result.holds() ? ExitCode::agreed : ExitCode::disagreed;
    };
  });
}

}  // namespace wengert
