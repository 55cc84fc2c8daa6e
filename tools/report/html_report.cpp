// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/draw/draw.h>
#include <tools/draw/render.h>
#include <tools/draw/sheet.h>
#include <tools/report/comparison_text.h>
#include <tools/report/html_evidence.h>
#include <tools/report/html_page.h>
#include <tools/report/html_report.h>
#include <tools/report/html_text.h>

namespace wengert {
namespace {

// "batch_norm: the forms agree", as the table ends.
std::string verdict_line(const Comparison& c) {
  std::string text = to_text(c);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

std::string heading(const Comparison& c, bool plots) {
  std::string inputs;
  for (const InputInfo& input : c.inputs)
    inputs += fmt::format("{}{} {}", inputs.empty() ? "" : ", ", input.name, to_string(input.shape));
  return fmt::format(
      "<h1>{}: staged against fused</h1>\n<p class=\"meta\">{} · {} · seed {}</p>\n<p class=\"verdict "
      "{}\">{}</p>\n"
      "<nav><a href=\"#agreement\">agreement</a><a href=\"#pathways\">pathways</a><a "
      "href=\"#checks\">gradient "
      "check</a><a href=\"#costs\">costs</a><a href=\"#sheet\">both forms</a><a href=\"#graphs\">graphs</a>"
      "<a href=\"#ledger\">ledger</a>{}</nav>\n",
      html_text(c.name), html_text(inputs), html_text(c.dtype), c.seed, c.holds() ? "good" : "bad",
      html_text(verdict_line(c)), plots ? "<a href=\"#plots\">time and memory against size</a>" : "");
}

// The picture, or its text where nothing here can draw it.
std::string figure(const std::string& dot, const char* name, const std::string& caption, bool explorable) {
  if (!can_render()) {
    return "<p class=\"note\">This build has no Graphviz, which draws the graphs. Their DOT "
           "text:</p>\n<pre>" +
           html_text(dot) + "</pre>\n";
  }
  return html_figure(render(dot, Format::svg, Theme::automatic), name, html_text(caption), explorable);
}

std::string graph_figure(const FormReport& form, const Comparison& c) {
  DotOptions options{.title = c.name + " · " + form.name + " form", .theme = Theme::automatic};
  Drawn drawn;
  const Graph shown = folded_for(form.memory.graph, options, drawn);
  std::string caption = form.name + " form as the tape recorded it.";
  if (!drawn.folded.empty()) caption += " " + drawn.folded + ".";
  return figure(to_dot(shown, options), form.name.c_str(), caption, true);
}

std::string sheet_figure(const Comparison& c) {
  DotOptions options{.theme = Theme::automatic};
  Drawn drawn;
  Comparison shown = c;
  shown.staged.memory.graph = folded_for(c.staged.memory.graph, options, drawn);
  shown.fused.memory.graph = folded_for(c.fused.memory.graph, options, drawn);
  return "<div class=\"sheet\">" + figure(sheet_dot(shown, options), "sheet", "", false) + "</div>";
}

std::string plots(const ReportOptions& options) {
  std::string html = "<p class=\"note\">" + html_text(options.plots_note) + "</p>\n";
  if (options.plots.empty()) return html;
  html += "<div class=\"plots\">\n";
  for (std::size_t i = 0; i < options.plots.size(); ++i)
    html += html_figure(options.plots[i].svg, "plot" + std::to_string(i), html_text(options.plots[i].title),
                        false);
  return html + "</div>\n";
}

}  // namespace

std::string to_html(const Comparison& c, const ReportOptions& options) {
  const bool has_plots = !options.plots.empty() || !options.plots_note.empty();
  std::string body = heading(c, has_plots);
  body += html_section("agreement", "Agreement and accuracy", agreement_html(c));
  body += html_section("pathways", "Pathways of the gradient", pathways_html(c));
  body += html_section("checks", "Gradient check", gradient_check_html(c));
  body += html_section("costs", "What each form costs", costs_html(c));
  body += html_section("sheet", "Both forms", sheet_figure(c));
  body += html_section(
      "graphs", "The graphs",
      "<p class=\"note\">Hover over a card, or walk with the tab key, to light what feeds it. Zoom "
      "with the buttons, by double click or with Ctrl and the wheel; then drag.</p>\n" +
          graph_figure(c.staged, c) + graph_figure(c.fused, c));
  body += html_section("ledger", "Kept for backward", ledger_html(c.staged) + ledger_html(c.fused));
  if (has_plots) body += html_section("plots", "Time and memory against size", plots(options));
  return html_page(c.name + ": staged against fused", body);
}

}  // namespace wengert
