// SPDX-License-Identifier: MIT
// How the edges of a picture look: pathway by colour, dash and arrowhead, bytes by width, shape and bytes in
// words.
#pragma once

#include <tools/draw/dot_scene.h>
#include <tools/draw/dot_writer.h>

#include <set>
#include <string>

namespace wengert {

class EdgeWriter {
 public:
  EdgeWriter(const Scene& scene, DotWriter& out) : scene_(scene), out_(out) {}

  /// All edges into `reader`.
  void write_inputs(const GraphNode& reader);
  /// The edge from a sink to the card below it.
  void write_output(const GraphNode& sink, const std::string& output_id);

 private:
  void write(const GraphNode& from, const std::string& to, const GraphNode* reader,
             const std::string& pathway);
  void write_overlay(const GraphNode& from, const std::string& to, const GraphNode* reader,
                     std::size_t argument);
  std::string weight(const GraphNode& from, const GraphNode* reader, const std::string& pathway) const;
  std::string label(const GraphNode& value, const std::string& pathway, Token colour);

  const Scene& scene_;
  DotWriter& out_;
  std::set<std::string> named_;  // a pathway is written out on its first edge
};

/// The line that a node should stand on with others, so that a pathway is drawn straight; empty for none.
std::string dot_group(const Scene& scene, const GraphNode& node);

}  // namespace wengert
