// SPDX-License-Identifier: MIT
#include <tools/draw/dot_header.h>
#include <tools/draw/dot_heat.h>
#include <tools/draw/dot_text.h>
#include <tools/quantities.h>

#include <algorithm>

namespace wengert {
namespace {

std::string row(const std::string& html) { return "<TR><TD ALIGN=\"LEFT\">" + html + "</TD></TR>"; }

std::string counted(int n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

// "x 64×256, float32 · 10 op nodes · saved 130 KiB · 38.5 µs forward"
std::string totals(const Scene& scene) {
  const Graph& graph = scene.graph;
  std::string text;
  const auto add = [&](const std::string& part) {
    text += (text.empty() ? "" : " " + scene.separator() + " ") + part;
  };
  const auto leaf =
      std::ranges::find_if(graph.nodes, [](const GraphNode& n) { return n.op == "leaf" && !n.backward; });
  std::string input = leaf == graph.nodes.end() ? "" : leaf->label + " " + extents_text(leaf->shape);
  if (!graph.dtype.empty()) input += (input.empty() ? "" : ", ") + graph.dtype;
  if (!input.empty()) add(input);

  int recorded = 0, cotangents = 0;
  std::int64_t forward_ns = 0, backward_ns = 0;
  bool released = false;
  for (const GraphNode& node : graph.nodes) {
    if (node.backward && !is_source(node)) ++recorded;
    if (is_cotangent(node)) ++cotangents;
    (node.backward ? backward_ns : forward_ns) += node.forward_ns;
    backward_ns += node.backward_ns;
    released = released || node.released;
  }
  add(counted(op_count(graph) - recorded, "op node") +
      (recorded > 0 ? " + " + std::to_string(recorded - cotangents) + " backward" : ""));
  add("saved " + bytes_text(saved_bytes(graph)) + (released ? " (a sweep released the rest)" : ""));
  if (forward_ns > 0) add(time_text(forward_ns) + " forward");
  if (backward_ns > 0) add(time_text(backward_ns) + " backward");
  return text;
}

class Legend {
 public:
  explicit Legend(const Scene& scene) : scene_(scene) {}

  void add(std::string_view glyph, std::string_view ascii_glyph, std::string_view name, Token token) {
    std::string entry = html_.empty() ? "" : "    ";
    entry += scene_.options.ascii ? ascii_glyph : glyph;
    entry += entry.empty() || entry.back() == ' ' ? "" : " ";
    html_ += scene_.text(entry + std::string(name), {11, token, true});
  }
  const std::string& html() const { return html_; }

 private:
  const Scene& scene_;
  std::string html_;
};

}  // namespace

std::string picture_title(const Graph& graph, const DotOptions& options, const std::vector<Stage>& program) {
  if (!options.title.empty()) return options.title;
  if (program[0].stages.size() == 1 && !program[program[0].stages[0]].boxed) {
    return program[program[0].stages[0]].title;
  }
  const auto is_op = [](const GraphNode& node) { return !is_source(node) && !node.backward; };
  if (std::ranges::count_if(graph.nodes, is_op) == 1) return std::ranges::find_if(graph.nodes, is_op)->op;
  return "graph";
}

std::string legend(const Scene& scene) {
  Legend entries(scene);
  if (scene.options.view == View::overlay) {
    entries.add("━▶", "->", "forward: value", Token::ink);
    if (std::ranges::any_of(scene.graph.nodes, &GraphNode::has_cotangent))
      entries.add("◀━", "<-", "backward: cotangent ∂", Token::cotangent);
  }
  std::vector<std::string> names = scene.pathways.names;
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name == "direct"; });
  for (const std::string& name : names) {
    const PathStyle& style = scene.styles[name];
    if (scene.options.view == View::overlay) {
      entries.add("●", "", name, style.text);
    } else {
      entries.add(style.glyph, style.ascii_glyph, name, style.text);
    }
  }
  if (std::ranges::any_of(scene.graph.nodes, &GraphNode::backward)) {
    entries.add("━▶", "->", "∂ backward", Token::cotangent);
  }
  if (scene.options.view == View::overlay) return entries.html();
  if (is_heat(scene.options.view)) return entries.html() + heat_legend(scene);
  const bool keeps =
      std::ranges::any_of(scene.graph.nodes, [](const GraphNode& n) { return !n.saved.empty(); });
  if (keeps) entries.add("▣", "", "saved for backward", Token::saved_text);
  if (scene.longest_ns > 0) entries.add("■", "", "time", Token::time_high);
  return entries.html();
}

std::string picture_header(const Scene& scene, std::string_view title) {
  std::string html = "<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\">";
  html += row(scene.text(title, {20, Token::ink, true}));
  html += row(scene.text(totals(scene), {11, Token::muted}));
  if (!scene.options.note.empty()) html += row(scene.text(scene.options.note, {11, Token::muted}));
  if (const std::string entries = legend(scene); !entries.empty()) html += row(entries);
  return html + "<TR><TD HEIGHT=\"6\"></TD></TR></TABLE>";
}

void number_stages(std::vector<Stage>& stages, std::string_view separator) {
  const bool lifted = stages[0].stages.size() == 1 && !stages[stages[0].stages[0]].boxed;
  const std::vector<std::size_t>& outermost = lifted ? stages[stages[0].stages[0]].stages : stages[0].stages;
  if (outermost.size() < 2) return;
  int number = 0;
  for (std::size_t stage : outermost) {
    stages[stage].title = std::to_string(++number) + std::string(separator) + stages[stage].title;
  }
}

}  // namespace wengert
