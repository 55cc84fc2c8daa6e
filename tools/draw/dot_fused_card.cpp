// SPDX-License-Identifier: MIT
#include <tools/draw/dot_cards.h>
#include <tools/draw/dot_text.h>
#include <tools/quantities.h>

#include <algorithm>

namespace wengert {
namespace {

constexpr std::int64_t longest_bar = 90;
constexpr int formula_size = 13;
constexpr Font heading_font{11, Token::muted, true};
constexpr Font note_font{10, Token::muted};

std::string left(const std::string& html) { return "<TR><TD ALIGN=\"LEFT\">" + html + "</TD><TD></TD></TR>"; }

std::string section(const Scene& scene, std::string_view title, std::int64_t nanoseconds) {
  std::string html =
      "<HR/><TR><TD ALIGN=\"LEFT\">" + scene.text(title, heading_font) + "</TD><TD ALIGN=\"RIGHT\">";
  if (nanoseconds > 0) {
    html +=
        "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\"><TR><TD ALIGN=\"RIGHT\">" +
        time_bar(scene, nanoseconds, longest_bar) + "</TD><TD ALIGN=\"RIGHT\">" +
        scene.text("  " + time_text(nanoseconds), note_font) + "</TD></TR></TABLE>";
  }
  return html + "</TD></TR>";
}

std::string phrase_html(const Scene& scene, const Phrase& phrase, Token unmarked) {
  const Token token = phrase.mark.empty() ? unmarked : scene.styles[phrase.mark].text;
  return scene.formula(phrase.text, {formula_size, token, true});
}

std::string forward_line(const Scene& scene, const FormulaLine& line) {
  std::string html;
  for (const Phrase& phrase : line) html += phrase_html(scene, phrase, Token::ink);
  return left(html.empty() ? scene.text("", note_font) : html);
}

// A line of one colour is the cotangents' own; in one with marked terms only the left-hand side is, so that
// the colours of the pathways stand out.
std::string backward_line(const Scene& scene, const FormulaLine& line) {
  const bool has_marks = std::ranges::any_of(line, [](const Phrase& p) { return !p.mark.empty(); });
  if (!has_marks) {
    std::string html;
    for (const Phrase& phrase : line) html += phrase_html(scene, phrase, Token::cotangent);
    return left(html.empty() ? scene.text("", note_font) : html);
  }
  std::string html;
  bool right_hand_side = false;
  for (const Phrase& phrase : line) {
    const std::size_t equals = right_hand_side ? std::string::npos : phrase.text.find('=');
    if (equals == std::string::npos || !phrase.mark.empty()) {
      html += phrase_html(scene, phrase, Token::ink);
      right_hand_side = right_hand_side || !phrase.mark.empty();
      continue;
    }
    html += phrase_html(scene, {phrase.text.substr(0, equals + 1), ""}, Token::cotangent);
    if (equals + 1 < phrase.text.size())
      html += phrase_html(scene, {phrase.text.substr(equals + 1), ""}, Token::ink);
    right_hand_side = true;
  }
  return left(html);
}

std::string terms(const Scene& scene, const std::vector<FormulaLine>& lines) {
  std::vector<std::string> marks;
  for (const FormulaLine& line : lines) {
    for (const Phrase& phrase : line) {
      if (!phrase.mark.empty() && std::ranges::find(marks, phrase.mark) == marks.end())
        marks.push_back(phrase.mark);
    }
  }
  if (marks.empty()) return {};
  std::string html = scene.text("terms: ", note_font);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (i > 0) html += scene.text(scene.separator(), note_font);
    html += scene.text(marks[i], {10, scene.styles[marks[i]].text, true});
  }
  return left(html);
}

// One line a thing: a browser sets text a little wider than Graphviz reckons, and long lines would leave the
// card.
std::string saved_tab(const Scene& scene, const GraphNode& node) {
  std::vector<std::string> lines;
  std::string saved;
  std::size_t total = 0;
  const std::vector<OwnTensor>& own = scene.saved.own[scene.index[node.id]];
  for (const OwnTensor& tensor : own) {
    saved += (saved.empty() ? "saved  " : " + ") + tensor.name + " " + bytes_text(tensor.bytes);
    total += tensor.bytes;
  }
  if (own.size() > 1) saved += "  =  " + bytes_text(total);
  if (!saved.empty()) lines.push_back(saved);
  std::string inputs;
  for (const SavedTensor& kept : node.saved) {
    if (!scene.index.contains(kept.source)) continue;
    inputs += (inputs.empty() ? "" : ", ") + display_name(scene.graph.nodes[scene.index[kept.source]]);
  }
  if (!inputs.empty()) lines.push_back("keeps " + inputs);
  if (const std::string reads = reads_text(scene, node); !reads.empty()) lines.push_back("reads " + reads);
  if (const std::string kept = kept_text(scene, node); !kept.empty() && !lines.empty())
    lines.push_back("output " + kept);
  std::string html;
  for (const std::string& line : lines) {
    html += "<TR><TD COLSPAN=\"2\" BGCOLOR=\"" + scene.colour(Token::saved_fill) + "\" ALIGN=\"LEFT\">" +
            scene.formula((scene.options.ascii ? "" : "▣ ") + line + "   ", {10, Token::saved_text}) +
            "</TD></TR>";
  }
  return html;
}

}  // namespace

std::string fused_card(const Scene& scene, const GraphNode& node) {
  std::string html = "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"3\" COLOR=\"" +
                     scene.colour(Token::hairline) + "\">";
  const std::string name = node.label.empty() ? node.op : node.label + " = " + node.op;
  html += "<TR><TD ALIGN=\"LEFT\">" + scene.formula(name, {17, Token::ink, true}) +
          scene.text(node.backward ? "  closed form" : "  one fused node", {11, Token::muted}) +
          "</TD><TD ALIGN=\"RIGHT\">" +
          scene.text("  " + node_name(node) + (node.backward ? "" : " fused"), {9, Token::muted}) +
          "</TD></TR>";
  if (!node.text.forward.empty() || node.forward_ns > 0) html += section(scene, "forward", node.forward_ns);
  for (const FormulaLine& line : node.text.forward) html += forward_line(scene, line);
  if (!node.text.backward.empty() || node.backward_ns > 0) {
    html += section(scene, "backward, closed form", node.backward_ns);
  }
  for (const FormulaLine& line : node.text.backward) html += backward_line(scene, line);
  html += terms(scene, node.text.backward);
  if (!scene.edge_labels) {
    html +=
        left(scene.text(extents_text(node.shape) + scene.separator() + bytes_text(node.bytes), note_font));
  }
  return html + saved_tab(scene, node) + "</TABLE>";
}

}  // namespace wengert
