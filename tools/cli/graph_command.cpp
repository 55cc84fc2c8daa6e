// SPDX-License-Identifier: MIT
#include <tools/cli/commands.h>
#include <tools/cli/layer_choice.h>
#include <tools/command/picture_options.h>

#include <CLI/CLI.hpp>
#include <memory>

namespace wengert {
namespace {

struct GraphArguments {
  LayerChoice layer;
  PictureChoice picture;
};

ExitCode draw_graph(GraphArguments arguments) {
  arguments.picture.request.seed = arguments.layer.seed;
  if (arguments.layer.dtype == "float64") {
    draw_picture(make_subject<double>(arguments.layer), arguments.picture);
  } else {
    draw_picture(make_subject<float>(arguments.layer), arguments.picture);
  }
  return ExitCode::agreed;
}

}  // namespace

void add_graph_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<GraphArguments>();
  CLI::App* command = app.add_subcommand(
      "graph", "Draw the graph of a layer, in either form, as DOT, SVG, PNG, PDF, HTML or JSON");
  add_layer_options(*command, arguments->layer);
  add_picture_options(*command, arguments->picture);
  command->callback([arguments, &run] { run = [arguments] { return draw_graph(*arguments); }; });
}

}  // namespace wengert
