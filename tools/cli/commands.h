// SPDX-License-Identifier: MIT
// The commands of `wengert`. Each adds itself to the app; what it answers becomes the exit code.
#pragma once

#include <tools/command/program.h>

#include <functional>

namespace CLI {
class App;
}

namespace wengert {

using Command = std::function<ExitCode()>;

/// `run` is set to the command that was called, once the app has parsed.
void add_compare_command(CLI::App& app, Command& run);
void add_check_command(CLI::App& app, Command& run);
void add_graph_command(CLI::App& app, Command& run);
void add_plot_command(CLI::App& app, Command& run);
void add_conform_command(CLI::App& app, Command& run);
void add_train_command(CLI::App& app, Command& run);

}  // namespace wengert
