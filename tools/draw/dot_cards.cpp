// SPDX-License-Identifier: MIT
#include <tools/draw/dot_cards.h>
#include <tools/draw/dot_heat.h>
#include <tools/draw/dot_overlay.h>
#include <tools/draw/dot_text.h>
#include <tools/quantities.h>

#include <algorithm>

namespace wengert {
namespace {

constexpr std::size_t most_readers_named = 4;
constexpr std::int64_t longest_bar = 56;

constexpr Font formula_font{14, Token::ink, true};
constexpr Font name_font{15, Token::ink, true};
constexpr Font note_font{10, Token::muted};
constexpr Font number_font{9, Token::muted};
constexpr Font saved_font{10, Token::saved_text};

// "σ²_B + ε" says by itself what "μ_B" needs a right-hand side for.
bool is_expression(std::string_view label) {
  for (const std::string_view sign : {" ", "+", "−", "·", "/", "("}) {
    if (label.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

std::string row(const std::string& left, const std::string& right) {
  return "<TR><TD ALIGN=\"LEFT\">" + left + "</TD><TD ALIGN=\"RIGHT\">" + right + "</TD></TR>";
}

// The rows of a card that stands for several ops.
std::string folded_rows(const Scene& scene, const GraphNode& node) {
  std::string html;
  for (const FormulaLine& line : node.text.forward) {
    std::string text;
    for (const Phrase& phrase : line) text += phrase.text;
    html += "<TR><TD ALIGN=\"LEFT\" COLSPAN=\"2\">" + scene.formula(text, note_font) + "</TD></TR>";
  }
  return html;
}

std::string tab(const Scene& scene, const std::string& text) {
  return "<TR><TD COLSPAN=\"2\" BGCOLOR=\"" + scene.colour(Token::saved_fill) + "\" ALIGN=\"LEFT\">" +
         scene.formula((scene.options.ascii ? "" : "▣ ") + text + " ", saved_font) + "</TD></TR>";
}

// The bar's length is its share of the longest time, and so is its colour.
Token time_token(std::int64_t nanoseconds, std::int64_t longest_ns) {
  if (nanoseconds * 10 >= longest_ns * 9) return Token::time_high;
  return nanoseconds * 4 >= longest_ns ? Token::time_mid : Token::time_low;
}

}  // namespace

std::string headline(const GraphNode& node) {
  if (node.label.empty()) return node.formula.empty() ? node.op : node.formula;
  const bool alone = node.formula.empty() || node.label == node.formula || is_expression(node.label);
  return alone ? node.label : node.label + " = " + node.formula;
}

std::string op_note(const Scene& scene, const GraphNode& node) {
  if (node.ops == 1) return node_name(node) + " " + node.op;
  return "to " + node_name(node) + scene.separator() + std::to_string(node.ops) + " ops";
}

std::string display_name(const GraphNode& node) { return node.label.empty() ? node_name(node) : node.label; }

std::string time_bar(const Scene& scene, std::int64_t nanoseconds, std::int64_t longest) {
  const double share =
      static_cast<double>(nanoseconds) / static_cast<double>(std::max<std::int64_t>(scene.longest_ns, 1));
  const auto width = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(share * static_cast<double>(longest) + 0.5), 2, longest);
  // Without ALIGN and a table of its own the cell would stretch to the card.
  return "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\"><TR><TD "
         "FIXEDSIZE=\"TRUE\" "
         "ALIGN=\"LEFT\" WIDTH=\"" +
         std::to_string(width) + "\" HEIGHT=\"5\" BGCOLOR=\"" +
         scene.colour(time_token(nanoseconds, scene.longest_ns)) + "\"></TD></TR></TABLE>";
}

std::string kept_text(const Scene& scene, const GraphNode& node) {
  const KeptValue& kept = scene.saved.kept[scene.index[node.id]];
  if (kept.readers.empty()) return {};
  std::string text = kept.bytes == 0 ? "alias, 0 B" : bytes_text(kept.bytes);
  const std::size_t named = std::min(kept.readers.size(), most_readers_named);
  for (std::size_t i = 0; i < named; ++i) text += (i == 0 ? " → " : ", ") + kept.readers[i];
  if (named < kept.readers.size()) text += ", " + std::to_string(kept.readers.size() - named) + " more";
  return text;
}

std::string reads_text(const Scene& scene, const GraphNode& node) {
  std::string text;
  const auto add = [&text](const std::string& name) { text += (text.empty() ? "" : ", ") + name; };
  for (int input : node.inputs) {
    const GraphNode& from = scene.graph.nodes[scene.index[input]];
    if (!read_on_card(from, node)) continue;
    if (node.fused && from.fused) {
      for (const SavedTensor& saved : from.saved) add(saved.name);
    } else {
      add(display_name(from));
    }
  }
  return text;
}

std::string op_card(const Scene& scene, const GraphNode& node) {
  std::string html = "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\">";
  html +=
      row(scene.formula(headline(node), formula_font), scene.text("  " + op_note(scene, node), number_font));
  if (node.ops > 1) html += folded_rows(scene, node);
  if (node.forward_ns > 0) {
    html +=
        row(time_bar(scene, node.forward_ns, longest_bar), scene.text(time_text(node.forward_ns), note_font));
  }
  if (!scene.edge_labels) {
    html +=
        row(scene.text(extents_text(node.shape), note_font), scene.text(bytes_text(node.bytes), note_font));
  }
  if (const std::string reads = reads_text(scene, node); !reads.empty()) html += tab(scene, "reads " + reads);
  if (const std::string kept = kept_text(scene, node); !kept.empty()) html += tab(scene, "saved " + kept);
  return html + "</TABLE>";
}

std::string source_card(const Scene& scene, const GraphNode& node) {
  std::string kind = node.op == "leaf" ? "input" : "constant";
  if (node.backward && !node.label.empty()) kind = "cotangent";
  if (!scene.edge_labels) kind += scene.separator() + extents_text(node.shape);
  const KeptValue& kept = scene.saved.kept[scene.index[node.id]];
  if (!kept.readers.empty()) {
    kind += scene.separator() + (scene.options.ascii ? "saved, " : "▣ ");
    kind += kept.bytes == 0 ? "alias, 0 B" : bytes_text(kept.bytes);
  }
  return scene.formula(display_name(node), name_font) + scene.text("  " + kind, note_font);
}

std::string output_card(const Scene& scene, std::string_view name, std::string_view kind) {
  return scene.formula(name, name_font) + scene.text("  " + std::string(kind), note_font);
}

std::string card(const Scene& scene, const GraphNode& node) {
  const bool overlay = scene.options.view == View::overlay;
  if (is_source(node) || is_cotangent(node)) {
    return overlay ? overlay_source_card(scene, node) : source_card(scene, node);
  }
  if (is_heat(scene.options.view)) return heat_card(scene, node);
  if (overlay && !node.fused) return overlay_op_card(scene, node);
  return node.fused ? fused_card(scene, node) : op_card(scene, node);
}

}  // namespace wengert
