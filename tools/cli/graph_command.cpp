// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/compare/agreement.h>
#include <fmt/format.h>
#include <tools/cli/commands.h>
#include <tools/cli/layer_choice.h>
#include <tools/draw/closed_form_card.h>
#include <tools/draw/render.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace wengert {
namespace {

struct GraphArguments {
  LayerChoice choice;
  std::string form = "staged";
  std::string output;
  std::string theme = "light";
  bool backward = false;
  bool times = false;
  bool ascii = false;
};

// As the paper writes them.
std::string symbol(const std::string& input) {
  return input == "gamma" ? "γ" : input == "beta" ? "β" : input;
}

// The tape of one form; with the recorded sweep when asked for. A fused node's sweep is its closed form: a
// card.
template <class T>
Graph record_graph(const GraphArguments& arguments) {
  const Subject<T> subject = make_subject<T>(arguments.choice);
  const bool fused = arguments.form == "fused";
  Tape<T> tape;
  tape.profile(arguments.times);
  std::vector<Var<T>> leaves;
  for (const NamedTensor<T>& input : subject.inputs)
    leaves.push_back(tape.leaf(input.value, symbol(input.name)));
  const Var<T> y = (fused ? subject.fused : subject.staged)(leaves);
  const Tensor<T> dy = random_cotangent<T>(y.shape(), arguments.choice.seed);
  if (arguments.backward && !fused) {
    const Gradients<T> gradients = backward(y, dy, {.record = true});
    for (std::size_t i = 0; i < leaves.size(); ++i)
      label(gradients.var(leaves[i]), "∂" + symbol(subject.inputs[i].name));
  } else if (arguments.times) {
    backward(y, dy, {.keep_saved = true});
  }
  Graph graph = snapshot(tape);
  return arguments.backward && fused ? with_closed_form_vjp(std::move(graph)) : graph;
}

}  // namespace

void add_graph_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<GraphArguments>();
  CLI::App* command =
      app.add_subcommand("graph", "Draw the graph of a layer, in either form, as DOT, SVG, PNG or PDF");
  add_layer_options(*command, arguments->choice);
  command
      ->add_option("--form", arguments->form,
                   "staged: the graph of small ops; fused: one node with its closed form")
      ->check(CLI::IsMember({"staged", "fused"}))
      ->capture_default_str();
  command->add_flag("--backward", arguments->backward, "Draw the reverse sweep too");
  command->add_flag("--times", arguments->times,
                    "Measure every node once and show it; the picture then differs each run");
  command->add_flag("--ascii", arguments->ascii, "Labels without Greek letters: mu_B, xhat");
  command
      ->add_option("--theme", arguments->theme,
                   "light, dark, or auto (an SVG that follows the reader's setting)")
      ->check(CLI::IsMember({"light", "dark", "auto"}))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output,
                      "FILE.dot, .svg, .png or .pdf; DOT text to stdout when absent");
  command->callback([arguments, &run] {
    run = [arguments] {
      const Graph graph = arguments->choice.dtype == "float64" ? record_graph<double>(*arguments)
                                                               : record_graph<float>(*arguments);
      DotOptions options;
      options.title = fmt::format("{} · {} form", arguments->choice.layer, arguments->form);
      options.ascii = arguments->ascii;
      options.theme = arguments->theme == "dark"   ? Theme::dark
                      : arguments->theme == "auto" ? Theme::automatic
                                                   : Theme::light;
      if (arguments->output.empty()) {
        std::cout << to_dot(graph, options);
      } else {
        write_drawing(graph, arguments->output, options);
        std::cerr << fmt::format("{}: {} ops drawn\n", arguments->output, op_count(graph));
      }
      return ExitCode::agreed;
    };
  });
}

}  // namespace wengert
