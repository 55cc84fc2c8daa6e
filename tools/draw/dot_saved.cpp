// SPDX-License-Identifier: MIT
#include <tools/draw/dot_saved.h>

#include <algorithm>
#include <unordered_set>

namespace wengert {
namespace {

struct Reader {
  std::string op;
  int times = 0;
};

// "square, mul ×2", in the order of the tape.
std::vector<std::string> reader_names(const std::vector<Reader>& readers) {
  std::vector<std::string> names;
  for (const Reader& r : readers) names.push_back(r.times > 1 ? r.op + " ×" + std::to_string(r.times) : r.op);
  return names;
}

// Gives each block of memory to the first that asks for it.
class Blocks {
 public:
  explicit Blocks(const Graph& graph) {
    for (const GraphNode& node : graph.nodes) {
      for (const SavedTensor& saved : node.saved) {
        if (saved.held_by_caller && saved.buffer >= 0) taken_.insert(saved.buffer);
      }
    }
  }
  std::size_t take(const SavedTensor& saved) {
    if (saved.held_by_caller) return 0;
    return saved.buffer < 0 || taken_.insert(saved.buffer).second ? saved.bytes : 0;
  }

 private:
  std::unordered_set<int> taken_;
};

}  // namespace

SavedView saved_view(const Graph& graph, const GraphIndex& index) {
  SavedView view;
  view.kept.resize(graph.nodes.size());
  view.own.resize(graph.nodes.size());
  std::vector<std::vector<Reader>> readers(graph.nodes.size());
  std::vector<std::vector<const SavedTensor*>> sources(graph.nodes.size());

  for (const GraphNode& node : graph.nodes) {
    for (const SavedTensor& saved : node.saved) {
      if (!index.contains(saved.source)) continue;
      const std::size_t source = index[saved.source];
      sources[source].push_back(&saved);
      const auto known = std::ranges::find(readers[source], node.op, &Reader::op);
      if (known == readers[source].end()) {
        readers[source].push_back({node.op, 1});
      } else {
        ++known->times;
      }
    }
  }

  Blocks blocks(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    view.kept[i].readers = reader_names(readers[i]);
    for (const SavedTensor* saved : sources[i]) view.kept[i].bytes += blocks.take(*saved);
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const SavedTensor& saved : graph.nodes[i].saved) {
      if (!index.contains(saved.source)) view.own[i].push_back({saved.name, blocks.take(saved)});
    }
  }
  return view;
}

}  // namespace wengert
