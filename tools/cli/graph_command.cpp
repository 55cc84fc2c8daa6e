// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/cli/commands.h>
#include <tools/cli/layer_graph.h>
#include <tools/draw/draw.h>
#include <tools/draw/sheet.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace wengert {
namespace {

struct GraphArguments {
  GraphRequest request;
  std::string form = "staged";
  std::string view;
  std::string by = "time";
  std::string output;
  std::string theme = "light";
  bool ascii = false;
  std::size_t most_nodes = 0;
  double seconds = 1.0;
};

View chosen_view(const GraphArguments& arguments) {
  if (arguments.view == "overlay") return View::overlay;
  if (arguments.view != "heat") return View::cards;
  return arguments.by == "time"    ? View::heat_time
         : arguments.by == "bytes" ? View::heat_bytes
                                   : View::heat_error;
}

Theme chosen_theme(const std::string& name) {
  return name == "dark" ? Theme::dark : name == "auto" ? Theme::automatic : Theme::light;
}

std::string picture_title(const GraphArguments& arguments) {
  if (arguments.view == "sheet") return {};
  std::string title = fmt::format("{} · {} form", arguments.request.choice.layer,
                                  arguments.request.fused ? "fused" : "staged");
  if (arguments.view == "overlay") title += " · values and cotangents";
  if (arguments.view == "heat") title += " · by " + arguments.by;
  return title;
}

void add_view_options(CLI::App& command, GraphArguments& arguments) {
  command
      .add_option("--form", arguments.form,
                  "staged: the graph of small ops; fused: one node with its closed form")
      ->check(CLI::IsMember({"staged", "fused"}))
      ->capture_default_str();
  command
      .add_option("--view", arguments.view,
                  "staged, fused: the cards of that form; overlay: values and cotangents on the same edges; "
                  "sheet: both forms and their costs; heat: cards filled by a measure")
      ->check(CLI::IsMember({"staged", "fused", "overlay", "sheet", "heat"}));
  command.add_option("--by", arguments.by, "What --view heat measures: time, bytes or error")
      ->check(CLI::IsMember({"time", "bytes", "error"}))
      ->capture_default_str();
  command.add_option("--set", arguments.request.values,
                     "Numbers for an input, or for the cotangent dy: x=1,3,1,3; one number is repeated");
  command.add_flag("--backward", arguments.request.backward, "Draw the reverse sweep too");
  command.add_flag("--times", arguments.request.times,
                   "Measure every node once and show it; the picture then differs each run");
  command
      .add_option("--max-nodes", arguments.most_nodes,
                  "Fold what is larger; by default what has more than 1000 nodes, to 300")
      ->check(CLI::Range(16, 1000));
  command.add_option("--seconds", arguments.seconds, "How long to measure the times of the sheet, about")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--ascii", arguments.ascii, "Labels without Greek letters: mu_B, xhat");
  command
      .add_option("--theme", arguments.theme,
                  "light, dark, or auto (an SVG that follows the reader's setting)")
      ->check(CLI::IsMember({"light", "dark", "auto"}))
      ->capture_default_str();
}

std::string dot_text(const Graph& graph, DotOptions options) {
  Drawn drawn;
  const Graph shown = folded_for(graph, options, drawn);
  return to_dot(shown, options);
}

std::string dot_text(const Comparison& comparison, const DotOptions& options) {
  return sheet_dot(comparison, options);
}

template <class Picture>
void draw_or_print(const Picture& picture, const std::string& output, const DotOptions& options) {
  if (output.empty()) {
    std::cout << dot_text(picture, options);
    return;
  }
  const Drawn drawn = draw(picture, output, options);
  std::cerr << fmt::format("{}: {}\n", output,
                           drawn.folded.empty() ? fmt::format("{} nodes drawn", drawn.drawn) : drawn.folded);
}

ExitCode draw_graph(GraphArguments arguments) {
  GraphRequest& request = arguments.request;
  request.fused = arguments.view == "fused" || (arguments.form == "fused" && arguments.view != "staged");
  request.view = chosen_view(arguments);
  DotOptions options;
  options.title = picture_title(arguments);
  options.view = request.view;
  options.ascii = arguments.ascii;
  options.theme = chosen_theme(arguments.theme);
  options.most_nodes = arguments.most_nodes;
  if (arguments.view == "sheet") {
    draw_or_print(layer_comparison(request.choice, arguments.seconds), arguments.output, options);
  } else {
    draw_or_print(layer_graph(request), arguments.output, options);
  }
  return ExitCode::agreed;
}

}  // namespace

void add_graph_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<GraphArguments>();
  CLI::App* command = app.add_subcommand(
      "graph", "Draw the graph of a layer, in either form, as DOT, SVG, PNG, PDF, HTML or JSON");
  add_layer_options(*command, arguments->request.choice);
  add_view_options(*command, *arguments);
  command->add_option("-o,--output", arguments->output,
                      "FILE.dot, .svg, .png, .pdf, .html or .json; DOT text to stdout when absent");
  command->callback([arguments, &run] { run = [arguments] { return draw_graph(*arguments); }; });
}

}  // namespace wengert
