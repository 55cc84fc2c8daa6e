// SPDX-License-Identifier: MIT
#include <autodiff/compare/compare.h>
#include <fmt/format.h>
#include <tools/command/picture_options.h>
#include <tools/draw/draw.h>
#include <tools/draw/sheet.h>
#include <tools/file_bytes.h>
#include <tools/input_numbers.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

namespace wengert {
namespace {

View chosen_view(const PictureChoice& choice) {
  if (choice.view == "overlay") return View::overlay;
  if (choice.view != "heat") return View::cards;
  return choice.by == "time" ? View::heat_time : choice.by == "bytes" ? View::heat_bytes : View::heat_error;
}

Theme chosen_theme(const std::string& name) {
  return name == "dark" ? Theme::dark : name == "auto" ? Theme::automatic : Theme::light;
}

std::string picture_title(const std::string& layer, const PictureChoice& choice) {
  if (choice.view == "sheet") return {};
  std::string title = fmt::format("{} · {} form", layer, choice.request.fused ? "fused" : "staged");
  if (choice.view == "overlay") title += " · values and cotangents";
  if (choice.view == "heat") title += " · by " + choice.by;
  return title;
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

// Both forms compared for the sheet, whose times need a while.
template <class T>
Comparison sheet_comparison(Subject<T> subject, const PictureChoice& choice) {
  const std::vector<std::string>& values = choice.request.values;
  if (std::ranges::any_of(values, [](const std::string& v) { return v.starts_with("dy="); }))
    throw ValueError("--set: dy came, expected an input; --view sheet compares on a random cotangent");
  set_input_numbers(values, subject);
  CompareOptions options;
  options.seed = choice.request.seed;
  options.timing.seconds = choice.seconds;
  return compare(subject, options);
}

}  // namespace

void add_picture_options(CLI::App& command, PictureChoice& choice) {
  command
      .add_option("--form", choice.form,
                  "staged: the graph of small ops; fused: one node with its closed form")
      ->check(CLI::IsMember({"staged", "fused"}))
      ->capture_default_str();
  command
      .add_option("--view", choice.view,
                  "staged, fused: the cards of that form; overlay: values and cotangents on the same edges; "
                  "sheet: both forms and their costs; heat: cards filled by a measure")
      ->check(CLI::IsMember({"staged", "fused", "overlay", "sheet", "heat"}));
  command.add_option("--by", choice.by, "What --view heat measures: time, bytes or error")
      ->check(CLI::IsMember({"time", "bytes", "error"}))
      ->capture_default_str();
  command.add_option("--set", choice.request.values,
                     "Numbers for an input, or for the cotangent dy: x=1,3,1,3; one number is repeated");
  command.add_flag("--backward", choice.request.backward, "Draw the reverse sweep too");
  command.add_flag("--times", choice.request.times,
                   "Measure every node once and show it; the picture then differs each run");
  command
      .add_option("--max-nodes", choice.most_nodes,
                  "Fold what is larger; by default what has more than 1000 nodes, to 300")
      ->check(CLI::Range(16, 1000));
  command.add_option("--seconds", choice.seconds, "How long to measure the times of the sheet, about")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--ascii", choice.ascii, "Labels without Greek letters: mu_B, xhat");
  command
      .add_option("--theme", choice.theme, "light, dark, or auto (an SVG that follows the reader's setting)")
      ->check(CLI::IsMember({"light", "dark", "auto"}))
      ->capture_default_str();
  command.add_option("-o,--output", choice.output,
                     "FILE.dot, .svg, .png, .pdf, .html or .json; DOT text to stdout when absent");
}

template <class T>
void draw_picture(Subject<T> subject, PictureChoice choice) {
  if (!choice.output.empty()) {
    expect_drawable(choice.output);
    expect_writable(choice.output);
  }
  GraphRequest& request = choice.request;
  request.fused = choice.view == "fused" || (choice.form == "fused" && choice.view != "staged");
  request.view = chosen_view(choice);
  DotOptions options;
  options.title = picture_title(subject.name, choice);
  options.view = request.view;
  options.ascii = choice.ascii;
  options.theme = chosen_theme(choice.theme);
  options.most_nodes = choice.most_nodes;
  if (choice.view == "sheet") {
    draw_or_print(sheet_comparison(std::move(subject), choice), choice.output, options);
  } else {
    draw_or_print(subject_graph(std::move(subject), request), choice.output, options);
  }
}

template void draw_picture<float>(Subject<float>, PictureChoice);
template void draw_picture<double>(Subject<double>, PictureChoice);

}  // namespace wengert
