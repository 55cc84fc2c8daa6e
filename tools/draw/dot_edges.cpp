// SPDX-License-Identifier: MIT
#include <tools/draw/dot_cards.h>
#include <tools/draw/dot_edges.h>
#include <tools/draw/dot_overlay.h>
#include <tools/draw/dot_text.h>
#include <tools/quantities.h>

#include <algorithm>
#include <cmath>

namespace wengert {
namespace {

// 1.4 for the smallest, 2.4 for the largest: the square root keeps a vector visible beside a matrix.
std::string pen_width(std::size_t bytes, std::size_t most_bytes) {
  const double share = static_cast<double>(bytes) / static_cast<double>(std::max<std::size_t>(most_bytes, 1));
  const int tenths = static_cast<int>(std::lround(12.5 + 11.5 * std::sqrt(share)));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

// A closed form has one node but several results.
const GraphNode& carried(const GraphNode& from, const GraphNode* reader) {
  return reader != nullptr && is_cotangent(*reader) ? *reader : from;
}

}  // namespace

std::string dot_group(const Scene& scene, const GraphNode& node) {
  if (node.backward) return {};
  const std::string& path = scene.pathways.nodes[scene.index[node.id]];
  // A side way of one node is no line of its own.
  const bool side_way =
      !path.empty() && path != "direct" && std::ranges::count(scene.pathways.nodes, path) > 1;
  if (side_way) return path_class(path);
  return is_source(node) ? "" : "main";
}

std::string EdgeWriter::label(const GraphNode& value, const std::string& pathway, Token colour) {
  if (!scene_.edge_labels) return {};
  std::string text = "  ";
  if (!pathway.empty() && named_.insert(pathway).second) text += pathway + "  ";
  if (value.backward) text += "∂ ";
  text += extents_text(value.shape) + scene_.separator() + bytes_text(value.bytes) + "  ";
  return scene_.text(text, {10, colour});
}

std::string EdgeWriter::weight(const GraphNode& from, const GraphNode* reader,
                               const std::string& pathway) const {
  const std::string group = dot_group(scene_, from);
  const bool straight = reader == nullptr || (!group.empty() && group == dot_group(scene_, *reader));
  if (!straight) return {};
  return pathway.empty() ? "12" : "8";
}

// One edge with two strokes: the head has the first colour, the tail the last.
void EdgeWriter::write_overlay(const GraphNode& from, const std::string& to, const GraphNode* reader,
                               std::size_t argument) {
  const std::string pathway =
      reader == nullptr ? "" : scene_.pathways.edges[scene_.index[reader->id]][argument];
  const bool both = carries_cotangent(from, reader, argument);
  const std::string ink = scene_.colour(Token::ink);
  out_.statement(dot_id(from) + " -> " + to,
                 {{"class", path_class(pathway)},
                  {"color", both ? ink + ":" + scene_.colour(Token::cotangent) : ink},
                  {"dir", both ? "both" : ""},
                  {"penwidth", "1.5"},
                  {"weight", weight(from, reader, pathway)}},
                 overlay_edge_label(scene_, from, reader, argument));
}

void EdgeWriter::write(const GraphNode& from, const std::string& to, const GraphNode* reader,
                       const std::string& pathway) {
  const PathStyle& style = scene_.styles[pathway];
  const bool cotangent = from.backward;
  // A sweep is drawn upwards, beside the program that it runs back over.
  const bool upwards = cotangent && (reader == nullptr || reader->backward);
  const std::string ends = upwards ? to + " -> " + dot_id(from) : dot_id(from) + " -> " + to;
  out_.statement(ends,
                 {{"class", path_class(pathway)},
                  {"color", scene_.colour(cotangent ? Token::cotangent : style.line)},
                  {"style", std::string(style.dash)},
                  {upwards ? "arrowtail" : "arrowhead", std::string(style.arrowhead)},
                  {"dir", upwards ? "back" : ""},
                  {"constraint", cotangent && !upwards ? "false" : ""},
                  {"penwidth", pen_width(carried(from, reader).bytes, scene_.most_bytes)},
                  {"weight", weight(from, reader, pathway)}},
                 label(carried(from, reader), pathway, cotangent ? Token::cotangent : style.text));
}

void EdgeWriter::write_inputs(const GraphNode& reader) {
  const std::vector<std::string>& pathways = scene_.pathways.edges[scene_.index[reader.id]];
  for (std::size_t a = 0; a < reader.inputs.size(); ++a) {
    const GraphNode& from = scene_.graph.nodes[scene_.index[reader.inputs[a]]];
    if (read_on_card(from, reader)) continue;
    if (scene_.options.view == View::overlay && !reader.backward) {
      write_overlay(from, dot_id(reader), &reader, a);
    } else {
      write(from, dot_id(reader), &reader, pathways[a]);
    }
  }
}

void EdgeWriter::write_output(const GraphNode& sink, const std::string& output_id) {
  if (scene_.options.view == View::overlay && !sink.backward) {
    write_overlay(sink, output_id, nullptr, 0);
  } else {
    write(sink, output_id, nullptr, {});
  }
}

}  // namespace wengert
