// SPDX-License-Identifier: MIT
#include <tools/draw/dot_cards.h>
#include <tools/draw/dot_numbers.h>
#include <tools/draw/dot_overlay.h>
#include <tools/draw/dot_text.h>
#include <tools/quantities.h>

#include <algorithm>
#include <cmath>

namespace wengert {
namespace {

constexpr Font formula_font{14, Token::ink, true};
constexpr Font name_font{15, Token::ink, true};
constexpr Font value_font{11, Token::ink};
constexpr Font cotangent_font{11, Token::cotangent, true};
constexpr Font rule_font{11, Token::cotangent};
constexpr Font note_font{10, Token::muted};

// A class whose largest number is below this share of the gradient's scale is rounding.
constexpr double rounding = 1e-5;

constexpr std::string_view table =
    "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\">";

std::string row(const std::string& html) { return "<TR><TD ALIGN=\"LEFT\">" + html + "</TD></TR>"; }

std::string partial(const std::string& name) {
  const bool expression = name.find(' ') != std::string::npos || name.find("·") != std::string::npos;
  return expression ? "∂(" + name + ")" : "∂" + name;
}

int readers(const Scene& scene, int id) {
  int n = 0;
  for (const GraphNode& node : scene.graph.nodes) {
    if (!node.backward) n += static_cast<int>(std::ranges::count(node.inputs, id));
  }
  return n;
}

double largest(const std::vector<double>& values) {
  double most = 0;
  for (double v : values) most = std::max(most, std::abs(v));
  return most;
}

std::string class_name(const PathPart& part) {
  std::string name;
  for (const std::string& mark : part.marks) name += (name.empty() ? "" : " and ") + mark;
  return name.empty() ? "direct" : name;
}

// A digit before "1/2" would read as another number.
std::string numbers(const Scene& scene, const std::vector<double>& values, const Shape& shape) {
  return numbers_text(values, shape, !scene.options.ascii);
}

// "∂x = (2, 0, 0, 0) direct + … mean + … variance = (1, 0, −1, 0)", a line each.
std::string path_rows(const Scene& scene, const GraphNode& node) {
  double scale = 0;
  for (const PathPart& part : node.by_path) scale = std::max(scale, largest(part.cotangent));
  std::string html;
  std::string rest;
  for (const PathPart& part : node.by_path) {
    if (largest(part.cotangent) <= rounding * scale) {
      rest += (rest.empty() ? "" : ", ") + class_name(part);
      continue;
    }
    const std::string name = class_name(part);
    const Token colour = scene.styles[name].text;
    const std::string start = html.empty() ? partial(display_name(node)) + " = " : "      + ";
    html += row(scene.formula(start + numbers(scene, part.cotangent, node.shape), {11, colour, true}) +
                scene.text("  " + name, {10, colour}));
  }
  if (node.cotangent) {
    html += row(scene.formula("      = " + numbers(scene, *node.cotangent, node.shape), cotangent_font));
  }
  if (!rest.empty()) html += row(scene.text(rest + ": 0 to rounding", note_font));
  return html;
}

std::string sizes(const Scene& scene, const GraphNode& node) {
  return extents_text(node.shape) + scene.separator() + bytes_text(node.bytes);
}

// "(1, 3, 1, 3)", or shape and bytes where the numbers are not kept.
std::string value_text(const Scene& scene, const GraphNode& node) {
  return node.value ? numbers(scene, *node.value, node.shape) : sizes(scene, node);
}

std::string cotangent_row(const Scene& scene, const std::string& name, const GraphNode& node,
                          std::string_view note) {
  if (!node.has_cotangent) return {};
  const std::string text =
      node.cotangent ? " = " + numbers(scene, *node.cotangent, node.shape) : "  " + sizes(scene, node);
  std::string html = scene.formula(partial(name) + text, cotangent_font);
  if (!note.empty()) html += scene.text("  " + std::string(note), {10, Token::cotangent});
  return row(html);
}

std::string named_value(const Scene& scene, std::string_view name, const GraphNode& node) {
  const std::string value = (node.value ? " = " : "  ") + value_text(scene, node);
  return row(scene.formula(name, name_font) + scene.text(value, value_font));
}

}  // namespace

std::string overlay_op_card(const Scene& scene, const GraphNode& node) {
  std::string html = std::string(table) + row(scene.formula(headline(node), formula_font));
  std::string rules;
  for (std::size_t i = 0; i < node.vjp.size(); ++i) {
    if (node.vjp[i].empty()) continue;
    const int input = node.inputs[i];
    const std::string name = partial(display_name(scene.graph.nodes[scene.index[input]]));
    rules += (rules.empty() ? "" : ",  ") + name + (readers(scene, input) > 1 ? " += " : " = ") + node.vjp[i];
  }
  if (!rules.empty()) html += row(scene.formula(rules, rule_font));
  return html + "</TABLE>";
}

std::string overlay_source_card(const Scene& scene, const GraphNode& node) {
  std::string html = std::string(table) + named_value(scene, display_name(node), node);
  const bool split = node.by_path.size() > 1;
  html += split ? path_rows(scene, node) : cotangent_row(scene, display_name(node), node, "");
  return html + "</TABLE>";
}

std::string overlay_output_card(const Scene& scene, std::string_view name, const GraphNode& sink) {
  return std::string(table) + named_value(scene, name, sink) +
         cotangent_row(scene, std::string(name), sink, "seed") + "</TABLE>";
}

bool carries_cotangent(const GraphNode& from, const GraphNode* reader, std::size_t argument) {
  if (reader == nullptr) return from.has_cotangent;
  if (!from.needs_gradient || !reader->has_cotangent) return false;
  return argument < reader->vjp.size() ? !reader->vjp[argument].empty() : reader->fused;
}

std::string overlay_edge_label(const Scene& scene, const GraphNode& from, const GraphNode* reader,
                               std::size_t argument) {
  if (!scene.edge_labels) return {};
  std::string html =
      std::string(table) + row(scene.text("  " + value_text(scene, from) + "  ", {10, Token::ink}));
  if (carries_cotangent(from, reader, argument)) {
    const std::optional<std::vector<double>> none;
    const auto& known = reader == nullptr                     ? from.cotangent
                        : argument < reader->passed_on.size() ? reader->passed_on[argument]
                                                              : none;
    const std::string text = known ? numbers(scene, *known, from.shape) : "∂ " + sizes(scene, from);
    html += row(scene.text("  " + text + "  ", {10, Token::cotangent}));
  }
  return html + "</TABLE>";
}

}  // namespace wengert
