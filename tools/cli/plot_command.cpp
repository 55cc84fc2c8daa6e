// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/cli/commands.h>
#include <tools/file_bytes.h>
#include <tools/plot/bench_json.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace wengert {
namespace {

struct PlotArguments {
  std::string input;
  std::string output;
};

}  // namespace

void add_plot_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<PlotArguments>();
  CLI::App* command = app.add_subcommand(
      "plot", "Plot time and memory against size from a Google Benchmark JSON file, by gnuplot");
  command->add_option("input", arguments->input, "What --benchmark_out=FILE.json wrote")->required();
  command->add_option("-o,--output", arguments->output, "FILE.svg; to stdout when absent");
  command->callback([arguments, &run] {
    run = [arguments] {
      if (!arguments->output.empty()) expect_writable(arguments->output, ".svg");
      const std::string svg = plot_svg(read_bench(arguments->input));
      if (arguments->output.empty()) {
        std::cout << svg;
      } else {
        write_file_bytes(arguments->output, svg);
        std::cerr << fmt::format("{}: plotted\n", arguments->output);
      }
      return ExitCode::agreed;
    };
  });
}

}  // namespace wengert
