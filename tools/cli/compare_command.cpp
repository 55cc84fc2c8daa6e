// SPDX-License-Identifier: MIT
#include <tools/cli/commands.h>
#include <tools/cli/layer_choice.h>
#include <tools/command/compare_options.h>

#include <CLI/CLI.hpp>
#include <memory>

namespace wengert {
namespace {

struct CompareArguments {
  LayerChoice layer;
  CompareChoice choice;
};

template <class T>
ExitCode compare_chosen(const CompareArguments& arguments) {
  const Subject<T> subject = make_subject<T>(arguments.layer);
  const Shape x = subject.inputs.front().value.shape();
  // Random numbers, also where the largest size came from a file.
  const auto with_rows = [&](Index rows) {
    LayerChoice smaller = arguments.layer;
    smaller.input.clear();
    smaller.shape = std::to_string(rows);
    for (int axis = 1; axis < x.rank(); ++axis) smaller.shape += "x" + std::to_string(x[axis]);
    return make_subject<T>(smaller);
  };
  const bool holds = compare_and_print<T>(subject, with_rows, arguments.layer.seed, arguments.choice);
  return holds ? ExitCode::agreed : ExitCode::disagreed;
}

}  // namespace

void add_compare_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<CompareArguments>();
  CLI::App* command =
      app.add_subcommand("compare",
                         "Run a layer as a graph of small ops (staged) and as one node with the "
                         "closed-form gradient (fused); say whether they agree and what each costs");
  add_layer_options(*command, arguments->layer);
  add_compare_options(*command, arguments->choice);
  command->callback([arguments, &run] {
    run = [arguments] {
      return arguments->layer.dtype == "float64" ? compare_chosen<double>(*arguments)
                                                 : compare_chosen<float>(*arguments);
    };
  });
}

}  // namespace wengert
