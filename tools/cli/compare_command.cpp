// SPDX-License-Identifier: MIT
#include <autodiff/compare/compare.h>
#include <tools/cli/commands.h>
#include <tools/cli/layer_choice.h>
#include <tools/cli/progress.h>
#include <tools/cli/report_option.h>
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
  bool sweep = false;
  double seconds = 1.0;
  ReportChoice report;
};

// The sizes of a sweep: x smaller by quarters of its first axis, up to the size that was asked for.
std::vector<std::string> smaller_shapes(const Shape& shape) {
  std::vector<std::string> shapes;
  for (Index rows = shape[0]; rows >= 4; rows /= 4) {
    std::string text = std::to_string(rows);
    for (int axis = 1; axis < shape.rank(); ++axis) text += "x" + std::to_string(shape[axis]);
    shapes.insert(shapes.begin(), text);
  }
  return shapes;
}

template <class T>
Comparison compare_chosen(const CompareArguments& arguments, const CompareOptions& options) {
  const Subject<T> subject = make_subject<T>(arguments.choice);
  Comparison comparison = compare(subject, options);
  if (!arguments.sweep) return comparison;
  LayerChoice choice = arguments.choice;
  choice.input.clear();
  for (const std::string& shape : smaller_shapes(subject.inputs.front().value.shape())) {
    options.progress("sweeping over sizes: " + shape);
    choice.shape = shape;
    comparison.sweep.push_back(measure_size(make_subject<T>(choice), options));
  }
  return comparison;
}

Comparison compare_in_dtype(const CompareArguments& arguments) {
  CompareOptions options;
  options.seed = arguments.choice.seed;
  options.timing.seconds = arguments.seconds;
  options.progress = show_progress;
  if (arguments.choice.dtype == "float64") return compare_chosen<double>(arguments, options);
  return compare_chosen<float>(arguments, options);
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
  command->add_flag("--sweep", arguments->sweep,
                    "Measure smaller sizes too: where the closed form starts to pay");
  add_report_options(*command, arguments->report);
  command->callback([arguments, &run] {
    run = [arguments] {
      const Comparison comparison = compare_in_dtype(*arguments);
      show_progress("");
      if (arguments->json) {
        std::cout << to_json(comparison) << "\n";
      } else {
        std::cout << to_text(comparison, {.colour = isatty(STDOUT_FILENO) != 0});
      }
      write_report(comparison, arguments->report);
      return comparison.holds() ? ExitCode::agreed : ExitCode::disagreed;
    };
  });
}

}  // namespace wengert
