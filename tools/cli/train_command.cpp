// SPDX-License-Identifier: MIT
#include <tools/cli/commands.h>
#include <tools/command/progress.h>
#include <tools/file_bytes.h>
#include <tools/train/plot.h>
#include <tools/train/train_report.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

namespace wengert {
namespace {

struct TrainArguments {
  std::string norm = "batch_norm", form = "both", dtype = "float32", optimizer = "adam", data, plot;
  train::TrainOptions options;
  bool json = false;
};

std::vector<Form> forms_of(const std::string& form) {
  if (form == "staged") return {Form::staged};
  if (form == "fused") return {Form::fused};
  return {Form::staged, Form::fused};
}

template <class T>
train::TrainReport run_forms(const TrainArguments& arguments) {
  train::TrainReport report{.norm = arguments.norm,
                            .dtype = arguments.dtype,
                            .optimizer = arguments.optimizer,
                            .options = arguments.options,
                            .runs = {}};
  report.options.norm = train::norm_kind(arguments.norm);
  report.options.optimizer =
      arguments.optimizer == "sgd" ? train::OptimizerKind::sgd : train::OptimizerKind::adam;
  const auto digits = train::load_digits<T>(train::data_folder(arguments.data), report.options.seed);
  const int epochs = report.options.epochs;
  for (const Form form : forms_of(arguments.form)) {
    report.runs.push_back(train::train<T>(report.options, form, digits, [&](const train::TrainRun& run) {
      show_progress(train::progress_line(run, epochs));
    }));
  }
  show_progress("");
  return report;
}

}  // namespace

void add_train_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<TrainArguments>();
  train::TrainOptions& options = arguments->options;
  CLI::App* command = app.add_subcommand(
      "train",
      "Train a small classifier on handwritten digits, its layers staged, fused or both, side by side");
  const auto add = [&](const char* name, auto& value, const char* text) {
    return command->add_option(name, value, text)->capture_default_str();
  };
  add("--norm", arguments->norm, "The normalisation between the layers")
      ->check(CLI::IsMember({"batch_norm", "layer_norm", "group_norm", "rms_norm", "none"}));
  add("--form", arguments->form, "Which form of every layer")
      ->check(CLI::IsMember({"staged", "fused", "both"}));
  add("--dtype", arguments->dtype, "The type of all numbers")->check(CLI::IsMember({"float32", "float64"}));
  add("--optimizer", arguments->optimizer, "Adam, or SGD with momentum 0.9")
      ->check(CLI::IsMember({"adam", "sgd"}));
  add("--epochs", options.epochs, "How often all training digits are seen")->check(CLI::Range(1, 100000));
  add("--batch", options.batch, "Digits a step")->check(CLI::Range(2, 100000));
  add("--learning-rate", options.learning_rate, "0: 0.003 for Adam, 0.05 for SGD");
  add("--seed", options.seed, "Of the split, the first weights and the order of the batches");
  command->add_option("--data", arguments->data, "The folder with digits_images.npy and digits_labels.npy");
  command->add_option("--plot", arguments->plot, "Draw the curves into this SVG file (needs gnuplot)");
  command->add_flag("--json", arguments->json, "Print JSON, with the curves, instead of the table");
  command->callback([arguments, &run] {
    run = [arguments] {
      if (!arguments->plot.empty()) expect_writable(arguments->plot, ".svg");
      const train::TrainReport report =
          arguments->dtype == "float64" ? run_forms<double>(*arguments) : run_forms<float>(*arguments);
      std::cout << (arguments->json ? train::to_json(report) + "\n" : train::to_text(report)) << std::flush;
      if (!arguments->plot.empty()) train::plot(report, arguments->plot);
      const bool diverged = std::ranges::any_of(
          report.runs, [](const train::TrainRun& one) { return one.diverged_at().has_value(); });
      return diverged ? ExitCode::disagreed : ExitCode::agreed;
    };
  });
}

}  // namespace wengert
