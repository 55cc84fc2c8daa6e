// SPDX-License-Identifier: MIT
// What every part of a picture needs to know of the graph, worked out once, and how it writes text.
#pragma once

#include <tools/draw/dot.h>
#include <tools/draw/dot_saved.h>
#include <tools/draw/dot_theme.h>
#include <tools/draw/pathways.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

struct Font {
  int size;
  Token colour;
  bool bold = false;
};

class Scene {
 public:
  Scene(const Graph& the_graph, const DotOptions& the_options);

  const Graph& graph;
  const DotOptions& options;
  GraphIndex index;
  GraphPathways pathways;
  PathStyles styles;
  SavedView saved;
  bool edge_labels;
  std::int64_t longest_ns = 0;  ///< 0: no times
  std::size_t most_bytes = 0;   ///< of a value
  double most_heat = 0;         ///< of an op, in the heat views

  /// Between parts of a line: " · ", which in ASCII would read as a product.
  std::string separator() const { return options.ascii ? " | " : " · "; }
  std::string colour(Token token) const { return std::string(wengert::colour(options.theme, token)); }
  /// `<FONT …>text</FONT>`, transliterated if asked for.
  std::string text(std::string_view text, Font font) const;
  /// The same, with low indices.
  std::string formula(std::string_view text, Font font) const;
  /// Transliterated if asked for, and cut: what is longer would make the page wider than a screen.
  std::string spelled(std::string_view text, std::size_t longest = 200) const;

 private:
  std::string set(std::string_view html, Font font) const;
};

/// "%7": how errors and pictures call a node.
std::string node_name(const GraphNode& node);

/// Whether `reader`, an op of a sweep, names `from` on its card: edges from the program to a sweep would
/// cross all of the picture to repeat what the formula says.
bool read_on_card(const GraphNode& from, const GraphNode& reader);

/// "path-mean": what style sheets call a pathway; letters, digits and hyphens only. Empty for none.
std::string path_class(std::string_view pathway);

/// What no node of the same sweep reads: outputs of the program, and of sweeps.
std::vector<const GraphNode*> find_sinks(const Graph& graph, const GraphIndex& index);

/// `n7`: how DOT calls it.
std::string dot_id(const GraphNode& node);

}  // namespace wengert
