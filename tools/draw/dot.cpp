// SPDX-License-Identifier: MIT
#include <autodiff/error.h>
#include <tools/draw/dot.h>
#include <tools/draw/dot_cards.h>
#include <tools/draw/dot_edges.h>
#include <tools/draw/dot_header.h>
#include <tools/draw/dot_heat.h>
#include <tools/draw/dot_overlay.h>
#include <tools/draw/dot_stages.h>
#include <tools/draw/dot_text.h>

#include <algorithm>

namespace wengert {
namespace {

// The first is wide, so that boxes do not overflow where it is missing.
constexpr std::string_view fonts = "DejaVu Sans,Verdana,Segoe UI,sans-serif";

// Scope 2 is cluster_s2 in the program and cluster_b2 in what a sweep recorded.
const std::string program_prefix = "s";
const std::string recorded_prefix = "b";

// The op of a stage that is drawn highest: its first, or its last when `recorded`, since a sweep is drawn
// upwards.
std::size_t top_op(const Stage& stage, bool recorded) { return recorded ? stage.last : stage.first; }

// The inner box that holds the top op of `stage`, else null; one without a frame has no title, so look inside
// it.
const Stage* top_box(const std::vector<Stage>& stages, const Stage& stage, bool recorded) {
  for (const Stage* outer = &stage;;) {
    const auto inner = std::ranges::find_if(
        outer->stages, [&](std::size_t i) { return top_op(stages[i], recorded) == top_op(stage, recorded); });
    if (inner == outer->stages.end()) return nullptr;
    outer = &stages[*inner];
    if (outer->boxed) return outer;
  }
}

// Numbers need the room.
void drop_boxes(std::vector<Stage>& stages) {
  for (Stage& stage : stages) stage.boxed = false;
}

class StagedPicture {
 public:
  StagedPicture(const Graph& graph, const DotOptions& options)
      : scene_(graph, options), edges_(scene_, out_) {}

  std::string write() && {
    std::vector<Stage> program = find_stages(scene_.graph, false);
    if (scene_.options.view == View::overlay) drop_boxes(program);
    number_stages(program, scene_.separator());
    const std::vector<Stage> recorded = find_stages(scene_.graph, true);
    const std::string title = picture_title(scene_.graph, scene_.options, program);
    out_.open("digraph " + quoted(scene_.spelled(title)));
    write_defaults(title);
    write_stage(program, 0, program_prefix);
    if (!recorded[0].nodes.empty() || !recorded[0].stages.empty()) write_recorded(recorded);
    for (const GraphNode& node : scene_.graph.nodes) edges_.write_inputs(node);
    for (const GraphNode* sink : sinks_) edges_.write_output(*sink, output_id(*sink));
    out_.close();
    return std::move(out_).text();
  }

 private:
  void write_defaults(const std::string& title);
  void write_stage(const std::vector<Stage>& stages, std::size_t at, const std::string& prefix);
  void write_recorded(std::vector<Stage> stages);
  void write_title(const std::vector<Stage>& stages, std::size_t at, const std::string& prefix);
  void write_card(const GraphNode& node);
  void write_output_cards(bool recorded);
  static std::string output_id(const GraphNode& sink) { return "out_" + dot_id(sink); }

  Scene scene_;
  DotWriter out_;
  std::vector<const GraphNode*> sinks_ = find_sinks(scene_.graph, scene_.index);
  EdgeWriter edges_;
};

void StagedPicture::write_defaults(const std::string& title) {
  const bool down = scene_.options.direction == Direction::top_to_bottom;
  const std::string ink = scene_.colour(Token::ink), muted = scene_.colour(Token::muted);
  out_.statement("graph",
                 {{"rankdir", down ? "TB" : "LR"},
                  {"newrank", "true"},  // else a stage title cannot share the rank of a node outside its box
                  {"bgcolor", scene_.colour(Token::background)},
                  {"pad", "0.22"},
                  {"nodesep", "0.28"},
                  {"ranksep", down ? (scene_.options.view == View::overlay ? "0.3" : "0.22") : "0.35"},
                  {"fontname", std::string(fonts)},
                  {"fontcolor", ink},
                  {"labelloc", "t"},
                  {"labeljust", "l"}},
                 picture_header(scene_, title));
  out_.statement("node", {{"shape", "box"},
                          {"style", "rounded,filled"},
                          {"fillcolor", scene_.colour(Token::background)},
                          {"color", muted},
                          {"fontname", std::string(fonts)},
                          {"fontcolor", ink},
                          {"penwidth", "1.6"},
                          {"margin", "0.09,0.055"},
                          {"height", "0.3"}});
  out_.statement(
      "edge",
      {{"fontname", std::string(fonts)}, {"fontcolor", muted}, {"color", muted}, {"arrowsize", "0.7"}});
}

void StagedPicture::write_stage(const std::vector<Stage>& stages, std::size_t at, const std::string& prefix) {
  const Stage& stage = stages[at];
  const std::string id = prefix + std::to_string(stage.scope);
  if (stage.boxed) {
    out_.open("subgraph cluster_" + id);
    out_.statement("graph", {{"class", "stage"},
                             {"style", "rounded,filled"},
                             {"fillcolor", scene_.colour(Token::panel)},
                             {"color", scene_.colour(Token::hairline)},
                             {"margin", "9"}});
    out_.no_label();
    write_title(stages, at, prefix);
  }
  for (std::size_t node : stage.nodes) write_card(scene_.graph.nodes[node]);
  for (std::size_t inner : stage.stages) write_stage(stages, inner, prefix);
  if (at == 0) write_output_cards(prefix == recorded_prefix);
  if (stage.boxed) out_.close();
}

// A title of the box's own would be crossed by edges; a node is routed around. It stands left of the card at
// the top, or above the title of an inner box there.
void StagedPicture::write_title(const std::vector<Stage>& stages, std::size_t at, const std::string& prefix) {
  const Stage& stage = stages[at];
  const bool recorded = prefix == recorded_prefix;
  const std::string id = "title_" + prefix + std::to_string(stage.scope);
  out_.statement(id, {{"class", "stage"}, {"shape", "plain"}, {"style", "solid"}},
                 scene_.text(stage.title, {12, recorded ? Token::cotangent : Token::muted, true}));
  const bool sources_only = stage.first == scene_.graph.nodes.size();
  if (sources_only) return;
  const GraphNode& top = scene_.graph.nodes[top_op(stage, recorded)];
  const bool output_on_top = at == 0 && recorded && std::ranges::find(sinks_, &top) != sinks_.end();
  if (const Stage* inner = output_on_top ? nullptr : top_box(stages, stage, recorded)) {
    out_.above(id, "title_" + prefix + std::to_string(inner->scope));
    return;
  }
  const std::string card = output_on_top ? output_id(top) : dot_id(top);
  // Left to right, the first of a rank is the lowest.
  const bool down = scene_.options.direction == Direction::top_to_bottom;
  out_.same_rank(down ? id : card, down ? card : id);
}

void StagedPicture::write_recorded(std::vector<Stage> stages) {
  stages[0].boxed = true;
  stages[0].title = "backward";
  write_stage(stages, 0, recorded_prefix);
}

void StagedPicture::write_card(const GraphNode& node) {
  const std::string& path = scene_.pathways.nodes[scene_.index[node.id]];
  const bool source = is_source(node) || is_cotangent(node);
  const Token border = node.backward ? Token::cotangent : node.fused ? Token::ink : scene_.styles[path].line;
  const bool heat = !source && is_heat(scene_.options.view);
  out_.statement(
      dot_id(node),
      {{"class", std::string(source ? "leaf" : "op") + (path.empty() ? "" : " " + path_class(path))},
       {"group", dot_group(scene_, node)},
       {"fillcolor", source ? scene_.colour(Token::leaf)
                     : heat ? scene_.colour(heat_token(scene_, node))
                            : ""},
       {"color", scene_.colour(border)},
       {"penwidth", node.fused ? "2" : ""},
       {"peripheries", node.ops > 1 ? "2" : ""}},
      card(scene_, node));
}

void StagedPicture::write_output_cards(bool recorded) {
  const auto last =
      std::ranges::find_if(sinks_.rbegin(), sinks_.rend(), [](const GraphNode* n) { return !n->backward; });
  for (const GraphNode* sink : sinks_) {
    if (sink->backward != recorded) continue;
    const bool is_output = last != sinks_.rend() && sink == *last;
    std::string name = sink->label;
    if (is_output && !scene_.options.output.empty()) name = scene_.options.output;
    if (name.empty()) name = is_output ? "y" : node_name(*sink);
    out_.statement(output_id(*sink),
                   {{"class", "leaf"},
                    {"group", dot_group(scene_, *sink)},
                    {"fillcolor", scene_.colour(Token::leaf)},
                    {"color", recorded ? scene_.colour(Token::cotangent) : ""}},
                   scene_.options.view == View::overlay && !recorded
                       ? overlay_output_card(scene_, name, *sink)
                       : output_card(scene_, name, recorded ? "cotangent" : "output"));
  }
}

}  // namespace

std::string to_dot(const Graph& graph, const DotOptions& options) {
  if (graph.nodes.size() > most_nodes_drawn) {
    throw ValueError("to_dot: the graph has " + std::to_string(graph.nodes.size()) +
                     " nodes, expected at most " + std::to_string(most_nodes_drawn));
  }
  return StagedPicture(graph, options).write();
}

}  // namespace wengert
