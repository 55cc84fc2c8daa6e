// SPDX-License-Identifier: MIT
#include <autodiff/compare/gradient_check.h>
#include <tools/cli/commands.h>
#include <tools/cli/layer_choice.h>
#include <tools/report/comparison_json.h>
#include <tools/report/comparison_text.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace wengert {
namespace {

struct CheckArguments {
  LayerChoice choice;
  std::string form = "fused";
  bool second_order = false;
  bool json = false;
  int directions = 4;
};

template <class T>
GradientCheck check(const CheckArguments& arguments) {
  const Subject<T> subject = make_subject<T>(arguments.choice);
  GradientCheckOptions<T> options;
  options.seed = arguments.choice.seed;
  options.directions = arguments.directions;
  options.second_order = arguments.second_order;
  return check_gradient(arguments.form == "staged" ? subject.staged : subject.fused, subject.inputs, options);
}

}  // namespace

void add_check_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command = app.add_subcommand(
      "check",
      "Hold the gradient of one form against differences of the form itself: pass, fail or undecided");
  add_layer_options(*command, arguments->choice);
  command->add_option("--form", arguments->form, "staged or fused")
      ->check(CLI::IsMember({"staged", "fused"}))
      ->capture_default_str();
  command
      ->add_option("--directions", arguments->directions,
                   "How many random directions, each with a cotangent of its own")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--second", arguments->second_order, "Check the second derivatives too");
  command->add_flag("--json", arguments->json, "Print JSON instead of the table");
  command->callback([arguments, &run] {
    run = [arguments] {
      const GradientCheck found =
          arguments->choice.dtype == "float64" ? check<double>(*arguments) : check<float>(*arguments);
      const std::string name = arguments->choice.layer + " " + arguments->form;
      if (arguments->json) {
        std::cout << to_json(arguments->choice.layer, arguments->form, found) << "\n";
      } else {
        std::cout << to_text(name, found, {.colour = isatty(STDOUT_FILENO) != 0});
      }
      return found.verdict == Verdict::pass ? ExitCode::agreed : ExitCode::disagreed;
    };
  });
}

}  // namespace wengert
