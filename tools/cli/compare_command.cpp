// SPDX-License-Identifier: MIT
#include <autodiff/compare/compare.h>
#include <tools/cli/commands.h>
#include <tools/cli/layer_choice.h>
#include <tools/cli/progress.h>
#include <tools/report/comparison_json.h>
#include <tools/report/comparison_text.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace wengert {
namespace {

struct CompareArguments {
  LayerChoice choice;
  bool json = false;
  double seconds = 1.0;
};

Comparison compare_in_dtype(const CompareArguments& arguments) {
  CompareOptions options;
  options.seed = arguments.choice.seed;
  options.timing.seconds = arguments.seconds;
  options.progress = show_progress;
  if (arguments.choice.dtype == "float64") return compare(make_subject<double>(arguments.choice), options);
  return compare(make_subject<float>(arguments.choice), options);
}

}  // namespace

void add_compare_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<CompareArguments>();
  CLI::App* command =
      app.add_subcommand("compare",
                         "Run a layer as a graph of small ops (staged) and as one node with the "
                         "closed-form gradient (fused); say whether they agree and what each costs");
  add_layer_options(*command, arguments->choice);
  command->add_flag("--json", arguments->json, "Print JSON instead of the table");
  command->add_option("--seconds", arguments->seconds, "How long to measure times, about")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->callback([arguments, &run] {
    run = [arguments] {
      const Comparison comparison = compare_in_dtype(*arguments);
      show_progress("");
      if (arguments->json) {
        std::cout << to_json(comparison) << "\n";
      } else {
        std::cout << to_text(comparison, {.colour = isatty(STDOUT_FILENO) != 0});
      }
      return comparison.holds() ? ExitCode::agreed : ExitCode::disagreed;
    };
  });
}

}  // namespace wengert
