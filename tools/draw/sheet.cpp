// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <tools/draw/dot_header.h>
#include <tools/draw/dot_text.h>
#include <tools/draw/sheet.h>
#include <tools/draw/sheet_panel.h>
#include <tools/draw/sheet_totals.h>

namespace wengert {
namespace {

constexpr std::string_view fonts = "DejaVu Sans,Verdana,Segoe UI,sans-serif";

std::string row(const std::string& html) { return "<TR><TD ALIGN=\"LEFT\">" + html + "</TD></TR>"; }

std::string verdict(const Comparison& c) { return c.holds() ? "the forms agree" : "THE FORMS DISAGREE"; }

// "x 64×256, gamma 256, beta 256 · float32 · the forms agree"
std::string meta_line(const Scene& scene, const Comparison& c) {
  std::string inputs;
  for (const InputInfo& input : c.inputs)
    inputs += (inputs.empty() ? "" : ", ") + input.name + " " + extents_text(input.shape);
  const std::string gap = " " + scene.separator() + " ";
  return inputs + gap + c.dtype + gap + verdict(c);
}

std::string header(const Scene& staged, const Comparison& c, const std::string& title) {
  std::string html = "<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\">";
  html += row(staged.text(title, {20, Token::ink, true}));
  html += row(staged.text(meta_line(staged, c), {11, c.holds() ? Token::muted : Token::cotangent}));
  if (!staged.options.note.empty()) html += row(staged.text(staged.options.note, {11, Token::muted}));
  std::string signs = legend(staged);
  signs += staged.text(
      "    " + std::string(staged.options.ascii ? "- - " : "┄┄ ") + "a term and the stages it replaces",
      {11, Token::muted});
  return html + row(signs) + "<TR><TD HEIGHT=\"6\"></TD></TR></TABLE>";
}

void expect_drawable(const Graph& graph, std::string_view form) {
  if (graph.nodes.size() <= most_nodes_drawn) return;
  throw ValueError("sheet_dot: the " + std::string(form) + " graph has " +
                   std::to_string(graph.nodes.size()) + " nodes, expected at most " +
                   std::to_string(most_nodes_drawn));
}

}  // namespace

std::string sheet_dot(const Comparison& comparison, const DotOptions& options) {
  expect_drawable(comparison.staged.memory.graph, "staged");
  expect_drawable(comparison.fused.memory.graph, "fused");
  const Scene staged(comparison.staged.memory.graph, options);
  const Scene fused(comparison.fused.memory.graph, options);
  const std::string title =
      options.title.empty() ? comparison.name + (options.ascii ? ": " : " · ") + "staged tape vs fused node"
                            : options.title;
  DotWriter out;
  out.open("digraph " + quoted(staged.spelled(title)));
  out.statement("graph",
                {{"rankdir", "TB"},
                 {"newrank", "true"},
                 {"bgcolor", staged.colour(Token::background)},
                 {"pad", "0.22"},
                 {"nodesep", "0.24"},
                 {"ranksep", "0.24"},
                 {"fontname", std::string(fonts)},
                 {"fontcolor", staged.colour(Token::ink)},
                 {"labelloc", "t"},
                 {"labeljust", "l"}},
                header(staged, comparison, title));
  out.statement("node", {{"shape", "box"},
                         {"style", "rounded,filled"},
                         {"fillcolor", staged.colour(Token::background)},
                         {"color", staged.colour(Token::muted)},
                         {"fontname", std::string(fonts)},
                         {"fontcolor", staged.colour(Token::ink)},
                         {"penwidth", "1.5"},
                         {"margin", "0.06,0.03"},
                         {"height", "0.28"}});
  // With a style, which is else first met inside a box: Graphviz then takes one attribute for another.
  out.statement("edge", {{"color", staged.colour(Token::muted)}, {"arrowsize", "0.6"}, {"style", "solid"}});
  write_panel(out, staged, "staged", "staged tape");
  const std::string below = write_panel(out, fused, "fused", "fused node", &staged);
  const std::string first_total = write_totals(out, staged, comparison);
  if (!below.empty()) out.above(below, first_total);
  write_panel_edges(out, staged, "staged");
  write_panel_edges(out, fused, "fused");
  write_links(out, staged, "staged", fused, "fused");
  out.close();
  return std::move(out).text();
}

}  // namespace wengert
