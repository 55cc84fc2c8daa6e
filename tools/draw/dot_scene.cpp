// SPDX-License-Identifier: MIT
#include <tools/draw/dot_heat.h>
#include <tools/draw/dot_scene.h>
#include <tools/draw/dot_text.h>
#include <tools/draw/fold.h>

#include <algorithm>

namespace wengert {
namespace {

// A card is no place for more; the whole of it is on the tape.
constexpr std::size_t longest_formula = 90;

// Labels are laid out like nodes of their own, and make long edges twice as long.
constexpr std::size_t most_cost_with_labels = 900;

std::vector<std::string> style_names(const Graph& graph, const GraphPathways& pathways) {
  std::vector<std::string> names = pathways.names;
  const auto add = [&names](const std::vector<FormulaLine>& lines) {
    for (const FormulaLine& line : lines) {
      for (const Phrase& phrase : line) {
        if (!phrase.mark.empty() && std::ranges::find(names, phrase.mark) == names.end())
          names.push_back(phrase.mark);
      }
    }
  };
  for (const GraphNode& node : graph.nodes) {
    add(node.text.forward);
    add(node.text.backward);
  }
  return names;
}

}  // namespace

Scene::Scene(const Graph& the_graph, const DotOptions& the_options)
    : graph(the_graph),
      options(the_options),
      index("to_dot", graph),
      pathways(find_pathways(graph)),
      styles(style_names(graph, pathways)),
      saved(saved_view(graph, index)),
      edge_labels(graph.nodes.size() <= most_nodes_with_edge_labels &&
                  layout_cost(graph) <= most_cost_with_labels) {
  for (const GraphNode& node : graph.nodes) {
    longest_ns = std::max(longest_ns, node.forward_ns);
    if (node.fused) longest_ns = std::max(longest_ns, node.backward_ns);
    most_bytes = std::max(most_bytes, node.bytes);
    if (is_heat(options.view)) most_heat = std::max(most_heat, heat_of(options.view, node));
  }
}

std::string Scene::text(std::string_view text, Font font) const {
  return set(escape_html(spelled(text)), font);
}

std::string Scene::spelled(std::string_view text, std::size_t longest) const {
  const std::string cut = shortened(text, longest);
  return options.ascii ? to_ascii(cut) : cut;
}

std::string Scene::formula(std::string_view text, Font font) const {
  const std::string shown = spelled(text, longest_formula);
  return set(options.ascii ? escape_html(shown) : formula_html(to_letters(shown)), font);
}

std::string Scene::set(std::string_view html, Font font) const {
  std::string out =
      "<FONT POINT-SIZE=\"" + std::to_string(font.size) + "\" COLOR=\"" + colour(font.colour) + "\">";
  out.append(font.bold ? "<B>" : "").append(html).append(font.bold ? "</B>" : "");
  return out + "</FONT>";
}

std::string node_name(const GraphNode& node) { return "%" + std::to_string(node.id); }

bool read_on_card(const GraphNode& from, const GraphNode& reader) {
  return reader.backward && !from.backward;
}

std::string path_class(std::string_view pathway) {
  if (pathway.empty()) return {};
  std::string name = "path-";
  for (char c : pathway.substr(0, longest_formula)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '-';
  }
  return name;
}

std::vector<const GraphNode*> find_sinks(const Graph& graph, const GraphIndex& index) {
  std::vector<char> read(graph.nodes.size(), 0);
  for (const GraphNode& node : graph.nodes) {
    for (int input : node.inputs) {
      const std::size_t at = index[input];
      // What only a recorded sweep reads is still an output of the program.
      if (node.backward == graph.nodes[at].backward) read[at] = 1;
    }
  }
  std::vector<const GraphNode*> sinks;
  for (std::size_t i = 0; i < read.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    if (!read[i] && !is_source(node) && !is_cotangent(node)) sinks.push_back(&node);
  }
  return sinks;
}

std::string dot_id(const GraphNode& node) {
  return (node.id < 0 ? "n_" : "n") + std::to_string(node.id < 0 ? -(node.id + 1) : node.id);
}

}  // namespace wengert
