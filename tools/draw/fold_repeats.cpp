// SPDX-License-Identifier: MIT
#include <tools/draw/fold_groups.h>
#include <tools/draw/graph_index.h>

#include <algorithm>
#include <functional>

namespace wengert {
namespace {

constexpr std::size_t longest_block = 400;
constexpr std::size_t least_repeats = 3;
constexpr std::size_t most_rows = 8;

// "layer#7" is "layer".
std::string without_number(std::string name) {
  const std::size_t sign = name.rfind('#');
  return sign == std::string::npos ? name : name.substr(0, sign);
}

void mix(std::size_t& hash, std::size_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
}

struct Sequence {
  std::vector<std::size_t> nodes;  // positions of the ops
  std::vector<std::size_t> looks;  // a hash of op, shape and where the inputs come from, relatively
};

Sequence read(const Graph& graph) {
  const GraphIndex index("fold", graph);
  Sequence sequence;
  std::vector<std::size_t> place(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    if (is_source(node)) continue;
    place[i] = sequence.nodes.size();
    std::size_t hash = std::hash<std::string>{}(without_number(node.op));
    mix(hash, node.backward ? 1 : 2);
    mix(hash, static_cast<std::size_t>(node.ops));
    for (Index extent : node.shape) mix(hash, static_cast<std::size_t>(extent));
    for (int input : node.inputs) {
      const std::size_t from = index[input];
      const bool source = is_source(graph.nodes[from]);
      const std::size_t back = source ? 0 : place[i] - place[from];
      mix(hash, source ? 7 : back > longest_block ? 11 : 100 + back);
    }
    sequence.nodes.push_back(i);
    sequence.looks.push_back(hash);
  }
  return sequence;
}

struct Run {
  std::size_t first, length, period;
};

// Longest stretches in which every op looks like the one `period` before it.
std::vector<Run> find_runs(const Sequence& sequence) {
  const std::size_t n = sequence.looks.size();
  std::vector<Run> runs;
  for (std::size_t period = 1; period <= std::min(longest_block, n / least_repeats); ++period) {
    std::size_t alike = 0;
    for (std::size_t i = period; i <= n; ++i) {
      if (i < n && sequence.looks[i] == sequence.looks[i - period]) {
        ++alike;
        continue;
      }
      const std::size_t repeats = alike / period + 1;
      if (repeats >= least_repeats) runs.push_back({i - alike - period, repeats * period, period});
      alike = 0;
    }
  }
  std::ranges::stable_sort(runs, [](const Run& a, const Run& b) { return a.length > b.length; });
  return runs;
}

CardGroup card_group(const Graph& graph, const Sequence& sequence, const Run& run) {
  const auto node = [&](std::size_t k) -> const GraphNode& {
    return graph.nodes[sequence.nodes[run.first + k]];
  };
  const std::string times = " ×" + std::to_string(run.length / run.period);
  CardGroup group{.title = (run.period == 1 ? without_number(node(0).op) : "block") + times,
                  .scope = node(0).scope,
                  .nodes = {}};
  for (std::size_t k = 0; k < run.length; ++k) {
    group.nodes.push_back(sequence.nodes[run.first + k]);
    if (node(k).scope != group.scope) group.scope = 0;
  }
  for (std::size_t k = 0; run.period > 1 && k < run.period; ++k) {
    if (k + 1 == most_rows && run.period > most_rows) {
      group.rows.push_back("… " + std::to_string(run.period - k) + " more");
      break;
    }
    group.rows.push_back(without_number(node(k).op));
  }
  return group;
}

}  // namespace

std::vector<CardGroup> repeat_groups(const Graph& graph, std::size_t enough) {
  const Sequence sequence = read(graph);
  std::vector<char> taken(sequence.nodes.size(), 0);
  std::vector<CardGroup> groups;
  std::size_t saved = 0;
  for (const Run& run : find_runs(sequence)) {
    if (saved >= enough) break;
    const auto first = taken.begin() + static_cast<std::ptrdiff_t>(run.first);
    const auto last = first + static_cast<std::ptrdiff_t>(run.length);
    if (std::find(first, last, 1) != last) continue;
    std::fill(first, last, 1);
    groups.push_back(card_group(graph, sequence, run));
    saved += run.length - 1;
  }
  return groups;
}

}  // namespace wengert
