// SPDX-License-Identifier: MIT
#include <tools/draw/draw.h>
#include <tools/draw/fold.h>
#include <tools/draw/graph_json.h>
#include <tools/draw/render.h>
#include <tools/draw/sheet.h>
#include <tools/file_bytes.h>
#include <tools/report/comparison_json.h>
#include <tools/report/html_page.h>
#include <tools/report/html_text.h>
#include <tools/report/report_plots.h>

namespace wengert {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// ".svg", known to be one of those that can be written.
std::string checked_extension(const std::filesystem::path& file) {
  const std::string extension = lower(file.extension().string());
  for (const char* known : {".dot", ".svg", ".png", ".pdf", ".html", ".json"}) {
    if (extension == known) return extension;
  }
  const std::string got =
      extension.empty() ? "no extension" : "the extension \"" + file.extension().string() + "\"";
  throw ValueError("draw: file \"" + file.string() + "\" has " + got +
                   ", expected .dot, .svg, .png, .pdf, .html or .json");
}

std::string picture(const std::string& dot, const std::string& extension, Theme theme) {
  if (extension == ".dot") return dot;
  return render(dot,
                extension == ".svg"   ? Format::svg
                : extension == ".png" ? Format::png
                                      : Format::pdf,
                theme);
}

// The theme of a page is the reader's.
std::string graph_page(const std::string& dot, const DotOptions& options, const Drawn& drawn) {
  const std::string title = options.title.empty() ? "graph" : options.title;
  return html_page(
      title, html_figure(render(dot, Format::svg, Theme::automatic), "graph", html_text(drawn.folded), true));
}

}  // namespace

void expect_drawable(const std::filesystem::path& file) { checked_extension(file); }

Graph folded_for(const Graph& graph, DotOptions& options, Drawn& drawn) {
  const bool too_large =
      graph.nodes.size() > (options.most_nodes > 0 ? options.most_nodes : most_nodes_drawn);
  const std::size_t most = options.most_nodes > 0 ? options.most_nodes : most_nodes_with_edge_labels;
  Folded folded = too_large ? fold(graph, most) : Folded{graph};
  drawn.nodes += graph.nodes.size();
  drawn.drawn += folded.graph.nodes.size();
  if (!folded.how.empty()) {
    drawn.folded += (drawn.folded.empty() ? "" : "; ") + folded.how;
    options.note = drawn.folded;
  }
  return std::move(folded.graph);
}

Drawn draw(const Graph& graph, const std::filesystem::path& file, const DotOptions& options) {
  const std::string extension = checked_extension(file);
  Drawn drawn;
  if (extension == ".json") {
    drawn.nodes = drawn.drawn = graph.nodes.size();
    write_file_bytes(file, to_json(graph) + "\n");
    return drawn;
  }
  DotOptions noted = options;
  if (extension == ".html") noted.theme = Theme::automatic;
  const Graph shown = folded_for(graph, noted, drawn);
  const std::string dot = to_dot(shown, noted);
  write_file_bytes(
      file, extension == ".html" ? graph_page(dot, noted, drawn) : picture(dot, extension, options.theme));
  return drawn;
}

Drawn draw(const Comparison& comparison, const std::filesystem::path& file, const DotOptions& options) {
  const std::string extension = checked_extension(file);
  Drawn drawn;
  if (extension == ".json") {
    drawn.nodes = drawn.drawn =
        comparison.staged.memory.graph.nodes.size() + comparison.fused.memory.graph.nodes.size();
    write_file_bytes(file, to_json(comparison) + "\n");
    return drawn;
  }
  if (extension == ".html") {
    drawn.nodes = drawn.drawn =
        comparison.staged.memory.graph.nodes.size() + comparison.fused.memory.graph.nodes.size();
    write_file_bytes(file, to_html(comparison, report_plots(comparison)));
    return drawn;
  }
  DotOptions noted = options;
  Comparison shown = comparison;
  shown.staged.memory.graph = folded_for(comparison.staged.memory.graph, noted, drawn);
  shown.fused.memory.graph = folded_for(comparison.fused.memory.graph, noted, drawn);
  write_file_bytes(file, picture(sheet_dot(shown, noted), extension, options.theme));
  return drawn;
}

}  // namespace wengert
