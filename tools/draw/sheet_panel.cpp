// SPDX-License-Identifier: MIT
#include <tools/draw/dot_cards.h>
#include <tools/draw/dot_edges.h>
#include <tools/draw/sheet_panel.h>
#include <tools/quantities.h>

#include <algorithm>

namespace wengert {
namespace {

constexpr Font formula_font{12, Token::ink, true};
constexpr Font name_font{13, Token::ink, true};
constexpr Font note_font{9, Token::muted};
constexpr Font saved_font{10, Token::saved_text};

constexpr std::string_view table =
    "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\">";

std::string panel_id(std::string_view name, const GraphNode& node) {
  return std::string(name) + "_" + dot_id(node);
}

std::string output_id(std::string_view name, const GraphNode& sink) {
  return std::string(name) + "_out_" + dot_id(sink);
}

std::string wide_row(const std::string& html, const std::string& attributes = "") {
  return "<TR><TD ALIGN=\"LEFT\" COLSPAN=\"2\"" + attributes + ">" + html + "</TD></TR>";
}

std::string saved_row(const Scene& scene, const std::string& text) {
  return wide_row(scene.formula((scene.options.ascii ? "saved " : "▣ ") + text + "   ", saved_font),
                  " BGCOLOR=\"" + scene.colour(Token::saved_fill) + "\"");
}

std::string top_row(const Scene& scene, const std::string& title, Font font, const std::string& note) {
  return "<TR><TD ALIGN=\"LEFT\">" + scene.formula(title, font) + "</TD><TD ALIGN=\"RIGHT\">" +
         scene.text("  " + note, note_font) + "</TD></TR>";
}

std::string op_html(const Scene& scene, const GraphNode& node) {
  std::string html =
      std::string(table) + top_row(scene, headline(node), formula_font, node_name(node) + " " + node.op);
  const KeptValue& kept = scene.saved.kept[scene.index[node.id]];
  if (kept.bytes > 0) html += saved_row(scene, display_name(node) + " " + bytes_text(kept.bytes));
  return html + "</TABLE>";
}

bool has_marks(const FormulaLine& line) {
  return std::ranges::any_of(line, [](const Phrase& p) { return !p.mark.empty(); });
}

std::string term_id(std::string_view name, const std::string& mark) {
  std::string id = std::string(name) + "_term_" + path_class(mark).substr(5);
  std::ranges::replace(id, '-', '_');  // which DOT takes for a sign
  return id;
}

std::string term_line(const Scene& scene, const FormulaLine& line) {
  std::string html;
  for (const Phrase& phrase : line) {
    const Token token = phrase.mark.empty() ? Token::ink : scene.styles[phrase.mark].text;
    html += scene.formula(phrase.text, {12, token, true});
  }
  return wide_row(html);
}

std::string plain_line(const Scene& scene, const FormulaLine& line, Token token) {
  std::string text;
  for (const Phrase& phrase : line) text += phrase.text;
  return wide_row(scene.formula(text, {12, token, true}));
}

std::string fused_html(const Scene& scene, const GraphNode& node) {
  std::string html =
      std::string(table) + top_row(scene, node.op, {15, Token::ink, true}, node_name(node) + " fused");
  if (!node.text.forward.empty()) html += plain_line(scene, node.text.forward.back(), Token::ink);
  const bool terms = std::ranges::any_of(node.text.backward, has_marks);
  for (const FormulaLine& line : node.text.backward) {
    if (has_marks(line)) html += term_line(scene, line);
    if (!terms) html += plain_line(scene, line, Token::cotangent);
  }
  std::string saved;
  for (const OwnTensor& own : scene.saved.own[scene.index[node.id]])
    saved += (saved.empty() ? "" : " + ") + own.name + " " + bytes_text(own.bytes);
  if (!saved.empty()) html += saved_row(scene, saved);
  return html + "</TABLE>";
}

std::string source_html(const Scene& scene, std::string_view name, std::string_view kind) {
  return scene.formula(name, name_font) + scene.text("  " + std::string(kind), note_font);
}

struct Term {
  const GraphNode* node;
  const Phrase* phrase;
};

// The first term of each pathway.
std::vector<Term> find_terms(const Graph& graph) {
  std::vector<Term> terms;
  for (const GraphNode& node : graph.nodes) {
    for (const FormulaLine& line : node.text.backward) {
      for (const Phrase& phrase : line) {
        const bool known =
            std::ranges::any_of(terms, [&](const Term& t) { return t.phrase->mark == phrase.mark; });
        if (!phrase.mark.empty() && !known && !node.backward) terms.push_back({&node, &phrase});
      }
    }
  }
  return terms;
}

// The ops of a pathway, the one that is marked first.
std::vector<const GraphNode*> pathway_nodes(const Scene& scene, const std::string& mark) {
  std::vector<const GraphNode*> nodes;
  for (const GraphNode& node : scene.graph.nodes) {
    const bool marked = std::ranges::find(node.marks, mark) != node.marks.end();
    if (node.backward || is_source(node)) continue;
    if (marked) {
      nodes.insert(nodes.begin(), &node);
    } else if (scene.pathways.nodes[scene.index[node.id]] == mark) {
      nodes.push_back(&node);
    }
  }
  return nodes;
}

std::string term_html(const Scene& scene, const Phrase& phrase,
                      const std::vector<const GraphNode*>& replaced) {
  const Token colour = scene.styles[phrase.mark].text;
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(replaced.size(), 3); ++i)
    names += (i > 0 ? ", " : "") + display_name(*replaced[i]);
  if (replaced.size() > 3) names += " +" + std::to_string(replaced.size() - 3);
  return std::string(table) + "<TR><TD>" + scene.formula(phrase.text, {12, colour, true}) +
         "</TD></TR><TR><TD>" + scene.text(phrase.mark, {9, colour}) + "</TD></TR><TR><TD>" +
         scene.formula(names.empty() ? "" : "for " + names, {9, Token::muted}) + "</TD></TR></TABLE>";
}

void write_terms(DotWriter& out, const Scene& scene, std::string_view name, const Scene& replaced) {
  for (const Term& term : find_terms(scene.graph)) {
    out.statement(term_id(name, term.phrase->mark),
                  {{"class", "term " + path_class(term.phrase->mark)},
                   {"color", scene.colour(scene.styles[term.phrase->mark].line)},
                   {"penwidth", "1"}},
                  term_html(scene, *term.phrase, pathway_nodes(replaced, term.phrase->mark)));
  }
}

void write_node(DotWriter& out, const Scene& scene, std::string_view name, const GraphNode& node) {
  const std::string& path = scene.pathways.nodes[scene.index[node.id]];
  const bool source = is_source(node);
  const Token border = node.fused ? Token::ink : scene.styles[path].line;
  const std::string html =
      source       ? source_html(scene, display_name(node), node.op == "leaf" ? "input" : "constant")
      : node.fused ? fused_html(scene, node)
                   : op_html(scene, node);
  const std::string group = dot_group(scene, node);
  out.statement(panel_id(name, node),
                {{"class", source ? "leaf" : "op"},
                 {"group", group.empty() ? "" : std::string(name) + "-" + group},
                 {"fillcolor", source ? scene.colour(Token::leaf) : ""},
                 {"color", scene.colour(border)},
                 {"penwidth", node.fused ? "2" : ""}},
                html);
}

void write_edges(DotWriter& out, const Scene& scene, std::string_view name, const GraphNode& reader) {
  for (std::size_t a = 0; a < reader.inputs.size(); ++a) {
    const GraphNode& from = scene.graph.nodes[scene.index[reader.inputs[a]]];
    const std::string& pathway = scene.pathways.edges[scene.index[reader.id]][a];
    const PathStyle& style = scene.styles[pathway];
    const bool wide = from.bytes * 2 >= scene.most_bytes;
    const std::string group = dot_group(scene, from);
    const bool straight = !group.empty() && group == dot_group(scene, reader);
    out.statement(panel_id(name, from) + " -> " + panel_id(name, reader),
                  {{"class", path_class(pathway)},
                   {"color", scene.colour(style.line)},
                   {"style", std::string(style.dash)},
                   {"arrowhead", std::string(style.arrowhead)},
                   {"penwidth", wide ? "1.8" : "1.2"},
                   {"weight", straight ? "8" : ""}});
  }
}

// Graphviz may turn the row of a closed form's arguments around; readers expect it as they wrote it.
void keep_in_order(DotWriter& out, const Scene& scene, std::string_view name, const GraphNode& fused) {
  const GraphNode* left = nullptr;
  for (int input : fused.inputs) {
    const GraphNode& node = scene.graph.nodes[scene.index[input]];
    if (!is_source(node) || &node == left) continue;
    if (left != nullptr) out.same_rank(panel_id(name, *left), panel_id(name, node));
    left = &node;
  }
}

}  // namespace

std::string write_panel(DotWriter& out, const Scene& scene, std::string_view name, std::string_view title,
                        const Scene* replaced) {
  out.open("subgraph cluster_" + std::string(name));
  const int ops = op_count(scene.graph);
  out.statement(
      "graph",
      {{"class", "panel"},
       {"style", "rounded,filled"},
       {"fillcolor", scene.colour(Token::panel)},
       {"color", scene.colour(Token::hairline)},
       {"margin", "12"},
       {"labelloc", "t"},
       {"labeljust", "l"}},
      scene.text(title, {14, Token::ink, true}) +
          scene.text("  " + std::to_string(ops) + (ops == 1 ? " op node" : " op nodes"), {11, Token::muted}));
  std::string last;
  for (const GraphNode& node : scene.graph.nodes) {
    if (node.backward) continue;
    write_node(out, scene, name, node);
    if (node.fused) keep_in_order(out, scene, name, node);
    last = panel_id(name, node);
  }
  if (replaced != nullptr) write_terms(out, scene, name, *replaced);
  for (const GraphNode* sink : find_sinks(scene.graph, scene.index)) {
    if (sink->backward) continue;
    last = output_id(name, *sink);
    const std::string label = sink->label.empty() ? "y" : sink->label;
    out.statement(last,
                  {{"class", "leaf"},
                   {"group", std::string(name) + "-main"},
                   {"fillcolor", scene.colour(Token::leaf)},
                   {"color", scene.colour(Token::muted)}},
                  source_html(scene, label, "output"));
  }
  out.close();
  return last;
}

void write_panel_edges(DotWriter& out, const Scene& scene, std::string_view name) {
  for (const GraphNode& node : scene.graph.nodes) {
    if (!node.backward) write_edges(out, scene, name, node);
  }
  for (const GraphNode* sink : find_sinks(scene.graph, scene.index)) {
    if (sink->backward) continue;
    out.statement(panel_id(name, *sink) + " -> " + output_id(name, *sink),
                  {{"penwidth", "1.8"}, {"weight", "8"}});
  }
}

void write_links(DotWriter& out, const Scene& staged, std::string_view staged_name, const Scene& fused,
                 std::string_view fused_name) {
  for (const Term& term : find_terms(fused.graph)) {
    const std::string& mark = term.phrase->mark;
    const std::string end = term_id(fused_name, mark), colour = fused.colour(fused.styles[mark].line);
    out.statement(panel_id(fused_name, *term.node) + " -> " + end,
                  {{"color", colour}, {"dir", "none"}, {"penwidth", "1"}});
    const std::vector<const GraphNode*> replaced = pathway_nodes(staged, mark);
    if (replaced.empty()) continue;
    out.statement(panel_id(staged_name, *replaced.front()) + " -> " + end,
                  {{"class", "replaces " + path_class(mark)},
                   {"color", colour},
                   {"style", "dashed"},
                   {"dir", "none"},
                   {"penwidth", "0.9"},
                   {"constraint", "false"}});
  }
}

}  // namespace wengert
