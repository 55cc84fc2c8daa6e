// SPDX-License-Identifier: MIT
#include <tools/draw/dot_text.h>
#include <tools/draw/graph_json.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace wengert {
namespace {

using Json = nlohmann::ordered_json;

// Bad UTF-8 becomes U+FFFD, as in pictures.
std::string clean(const std::string& text) { return encode_utf8(decode_utf8(text)); }

Json shape_json(const Shape& shape) { return Json(std::vector<Index>(shape.begin(), shape.end())); }

Json numbers_json(const std::vector<double>& values) {
  Json out = Json::array();
  for (double v : values) out.push_back(std::isfinite(v) ? Json(v) : Json(nullptr));
  return out;
}

Json saved_json(const SavedTensor& saved) {
  Json out{{"name", clean(saved.name)},
           {"shape", shape_json(saved.shape)},
           {"bytes", saved.bytes},
           {"buffer", saved.buffer},
           {"held_by_caller", saved.held_by_caller}};
  if (saved.source >= 0) out["source"] = saved.source;
  return out;
}

Json lines_json(const std::vector<FormulaLine>& lines) {
  Json out = Json::array();
  for (const FormulaLine& line : lines) {
    Json phrases = Json::array();
    for (const Phrase& phrase : line)
      phrases.push_back({{"text", clean(phrase.text)}, {"mark", clean(phrase.mark)}});
    out.push_back(std::move(phrases));
  }
  return out;
}

void add_numbers(const GraphNode& node, Json& out) {
  if (node.value) out["value"] = numbers_json(*node.value);
  if (node.cotangent) out["cotangent"] = numbers_json(*node.cotangent);
  if (node.error) out["error"] = numbers_json({*node.error})[0];
  for (const PathPart& part : node.by_path)
    out["by_path"].push_back({{"marks", part.marks}, {"cotangent", numbers_json(part.cotangent)}});
}

Json node_json(const Graph& graph, const GraphNode& node) {
  Json out{{"id", node.id},
           {"op", clean(node.op)},
           {"label", clean(node.label)},
           {"formula", clean(node.formula)},
           {"scope", clean(scope_path(graph, node.scope))},
           {"shape", shape_json(node.shape)},
           {"bytes", node.bytes},
           {"inputs", node.inputs},
           {"fused", node.fused},
           {"backward", node.backward},
           {"needs_gradient", node.needs_gradient}};
  for (const std::string& rule : node.vjp) out["vjp"].push_back(clean(rule));
  for (const std::string& mark : node.marks) out["marks"].push_back(clean(mark));
  for (const SavedTensor& saved : node.saved) out["saved"].push_back(saved_json(saved));
  if (node.released) out["released"] = true;
  if (node.forward_ns > 0) out["forward_ns"] = node.forward_ns;
  if (node.backward_ns > 0) out["backward_ns"] = node.backward_ns;
  if (!node.text.forward.empty()) out["closed_form"]["forward"] = lines_json(node.text.forward);
  if (!node.text.backward.empty()) out["closed_form"]["backward"] = lines_json(node.text.backward);
  add_numbers(node, out);
  return out;
}

}  // namespace

std::string to_json(const Graph& graph) {
  Json nodes = Json::array();
  for (const GraphNode& node : graph.nodes) nodes.push_back(node_json(graph, node));
  const Json out{{"format", "wengert-graph"},
                 {"version", 1},
                 {"dtype", graph.dtype},
                 {"op_nodes", op_count(graph)},
                 {"saved_bytes", saved_bytes(graph)},
                 {"nodes", std::move(nodes)}};
  return out.dump(2);
}

}  // namespace wengert
