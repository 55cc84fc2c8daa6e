// SPDX-License-Identifier: MIT
#include <autodiff/compare/random_numbers.h>
#include <fmt/format.h>
#include <tools/command/compare_options.h>
#include <tools/command/picture_options.h>
#include <tools/command/program.h>
#include <tools/npy.h>
#include <tools/report/comparison_json.h>
#include <tools/report/comparison_text.h>
#include <tools/shape_text.h>
#include <tools/workbench.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>

namespace wengert {
namespace {

struct Arguments {
  std::vector<std::string> shapes;
  std::vector<std::string> files;
  std::string dtype = "float32";
  std::uint64_t seed = 1;
  CompareChoice compare;
  PictureChoice picture;
  std::string checked_form = "fused";
  bool second_order = false;
  bool json = false;
};

// "w=16x27" as the input and what is said of it.
std::map<std::string, std::string> assignments(const Workbench& layer, const std::string& option,
                                               const std::vector<std::string>& given) {
  std::map<std::string, std::string> out;
  for (const std::string& text : given) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const bool known = std::ranges::any_of(layer.inputs, [&](const InputInfo& i) { return i.name == name; });
    if (equals == std::string::npos || !known) {
      std::string names;
      for (const InputInfo& input : layer.inputs) names += " " + input.name;
      throw ValueError(
          fmt::format("{}: \"{}\" came, expected NAME=VALUE with one of the inputs{}", option, text, names));
    }
    out[name] = text.substr(equals + 1);
  }
  return out;
}

template <class T>
Subject<T> make_subject(const Workbench& layer, const Arguments& arguments) {
  const auto shapes = assignments(layer, "--shape", arguments.shapes);
  const auto files = assignments(layer, "--input", arguments.files);
  std::vector<NamedTensor<T>> inputs;
  for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
    const InputInfo& input = layer.inputs[i];
    const auto file = files.find(input.name);
    const auto shape = shapes.find(input.name);
    if (file != files.end()) {
      inputs.push_back({input.name, read_npy<T>(file->second)});
    } else {
      inputs.push_back(
          {input.name, random_normal<T>(shape == shapes.end() ? input.shape : parse_shape(shape->second),
                                        arguments.seed + 10 + i)});
    }
  }
  const auto form = [](const GenericForm& f) -> const LayerForm<T>& {
    if constexpr (std::is_same_v<T, float>) {
      return f.float32;
    } else {
      return f.float64;
    }
  };
  return {.name = layer.name,
          .staged = form(layer.staged),
          .fused = form(layer.fused),
          .inputs = std::move(inputs)};
}

// A layer of fewer rows. The first extent of the first input counts them, and stands for rows wherever an
// input has it: w [16, 27] and gain [16] become [4, 27] and [4].
template <class T>
Subject<T> with_rows(Subject<T> subject, Index rows, std::uint64_t seed) {
  const Index all = subject.inputs.front().value.shape()[0];
  for (NamedTensor<T>& input : subject.inputs) {
    std::vector<Index> extents(input.value.shape().begin(), input.value.shape().end());
    std::ranges::replace(extents, all, rows);
    input.value = random_normal<T>(Shape(extents), ++seed);
  }
  return subject;
}

template <class T>
ExitCode run_compare(const Workbench& layer, const Arguments& arguments) {
  const Subject<T> subject = make_subject<T>(layer, arguments);
  const auto smaller = [&](Index rows) { return with_rows(subject, rows, arguments.seed); };
  return compare_and_print<T>(subject, smaller, arguments.seed, arguments.compare) ? ExitCode::agreed
                                                                                   : ExitCode::disagreed;
}

template <class T>
ExitCode run_check(const Workbench& layer, const Arguments& arguments) {
  const Subject<T> subject = make_subject<T>(layer, arguments);
  GradientCheckOptions<T> options;
  options.seed = arguments.seed;
  options.second_order = arguments.second_order;
  const GradientCheck check = check_gradient(
      arguments.checked_form == "staged" ? subject.staged : subject.fused, subject.inputs, options);
  if (arguments.json) {
    std::cout << to_json(layer.name, arguments.checked_form, check) << "\n";
  } else {
    std::cout << to_text(layer.name + " " + arguments.checked_form, check,
                         {.colour = isatty(STDOUT_FILENO) != 0});
  }
  return check.verdict == Verdict::pass ? ExitCode::agreed : ExitCode::disagreed;
}

template <class T>
ExitCode run_graph(const Workbench& layer, Arguments arguments) {
  arguments.picture.request.seed = arguments.seed;
  draw_picture(make_subject<T>(layer, arguments), arguments.picture);
  return ExitCode::agreed;
}

void add_inputs(CLI::App& command, Arguments& arguments) {
  command.add_option("--shape", arguments.shapes, "The shape of an input: NAME=16x27; may be repeated");
  command.add_option("--input", arguments.files,
                     "A NumPy file with an input: NAME=FILE.npy; may be repeated");
  command.add_option("--dtype", arguments.dtype, "float32 or float64")
      ->check(CLI::IsMember({"float32", "float64"}))
      ->capture_default_str();
  command.add_option("--seed", arguments.seed, "Of the random numbers")->capture_default_str();
}

}  // namespace

int workbench(int argc, char** argv, const Workbench& layer) {
  CLI::App app{layer.name +
               ": one layer, two gradients.\n\n"
               "Exit codes: 0 agreed, 1 the evidence says no or does not decide, 2 wrong usage, 3 a file "
               "that cannot be\n"
               "read or written."};
  app.require_subcommand(1);
  Arguments arguments;
  CLI::App* compare = app.add_subcommand("compare", "Do both forms agree, and what does each cost");
  CLI::App* check = app.add_subcommand("check", "Hold one form's gradient against differences of its value");
  CLI::App* graph =
      app.add_subcommand("graph", "Draw the graph of a form, as DOT, SVG, PNG, PDF, HTML or JSON");
  for (CLI::App* command : {compare, check, graph}) add_inputs(*command, arguments);
  add_compare_options(*compare, arguments.compare);
  check->add_option("--form", arguments.checked_form, "staged or fused")
      ->check(CLI::IsMember({"staged", "fused"}))
      ->capture_default_str();
  check->add_flag("--second", arguments.second_order, "Check the second derivatives too");
  check->add_flag("--json", arguments.json, "Print JSON instead of the table");
  add_picture_options(*graph, arguments.picture);
  return run_program(layer.name, app, argc, argv, [&] {
    const bool wide = arguments.dtype == "float64";
    if (app.got_subcommand(compare))
      return wide ? run_compare<double>(layer, arguments) : run_compare<float>(layer, arguments);
    if (app.got_subcommand(check))
      return wide ? run_check<double>(layer, arguments) : run_check<float>(layer, arguments);
    return wide ? run_graph<double>(layer, arguments) : run_graph<float>(layer, arguments);
  });
}

}  // namespace wengert
