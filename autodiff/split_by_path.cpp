// SPDX-License-Identifier: MIT
// A sweep whose cotangents are vectors over sets of marks: a node with mark m moves what passes it from the
// class S to the class S ∪ {m}. The rules are linear in dy, so every class is swept by the rules as they are.
#include <autodiff/ops.h>
#include <autodiff/split_by_path.h>
#include <autodiff/sweep.h>

#include <algorithm>
#include <bit>
#include <map>

namespace wengert {
namespace {

using MarkSet = unsigned;
constexpr std::size_t most_marks = 8;

template <class T>
using Classes = std::map<MarkSet, Var<T>>;

template <class T>
std::string stage_path(const TapeState<T>& tape, int scope) {
  std::string path;
  for (; scope != 0; scope = tape.scopes[static_cast<std::size_t>(scope)].parent) {
    path = tape.scopes[static_cast<std::size_t>(scope)].name + (path.empty() ? "" : "/") + path;
  }
  return path;
}

// Which marks there are. A mark is a name within a stage; stages of one path on different tapes are told
// apart.
class MarkIndex {
 public:
  explicit MarkIndex(const std::vector<std::string>& selection) : selection_(selection) {}

  // The bit of a mark, or no bit for one that was not selected.
  MarkSet bit(int part, std::string stage, const std::string& name) {
    const auto known = std::ranges::find_if(
        known_, [&](const Known& k) { return k.part == part && k.stage == stage && k.name == name; });
    if (known != known_.end()) return MarkSet{1} << (known - known_.begin());
    const auto twins =
        std::ranges::count_if(known_, [&](const Known& k) { return k.stage == stage && k.name == name; });
    const std::string full =
        (stage.empty() && twins == 0 ? ""
                                     : stage + (twins == 0 ? "" : "#" + std::to_string(twins + 1)) + "/") +
        name;
    if (!selection_.empty() && std::ranges::find(selection_, name) == selection_.end() &&
        std::ranges::find(selection_, full) == selection_.end()) {
      return 0;
    }
    if (known_.size() == most_marks) {
      throw ValueError("split_by_path: \"" + full +
                       "\" is the ninth mark between x and y, expected at most 8; select some of them");
    }
    known_.push_back({part, std::move(stage), name, full});
    return MarkSet{1} << (known_.size() - 1);
  }

  std::vector<std::string> names(MarkSet set) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if ((set >> i & 1) == 0) continue;
      const bool alone = std::ranges::count(known_, known_[i].name, &Known::name) == 1;
      names.push_back(alone ? known_[i].name : known_[i].full);
    }
    return names;
  }

  // A number for a tape whose marks are its own: the address of a staged form's tape may come again.
  int new_part() { return parts_++; }

  void expect_selection_found() const {
    for (const std::string& wanted : selection_) {
      const bool found =
          std::ranges::any_of(known_, [&](const Known& k) { return k.name == wanted || k.full == wanted; });
      if (!found) throw ValueError("split_by_path: mark \"" + wanted + "\" does not occur between x and y");
    }
  }

 private:
  struct Known {
    int part;
    std::string stage;
    std::string name;
    std::string full;
  };
  const std::vector<std::string>& selection_;
  std::vector<Known> known_;
  int parts_ = 0;
};

template <class T>
class PathSweep {
 public:
  PathSweep(TapeState<T>& tape, std::string stage, MarkIndex& index)
      : tape_(tape), stage_(std::move(stage)), index_(index), part_(index.new_part()) {}

  // From the classes at y to those of every node in `wanted`.
  std::map<NodeId, Classes<T>> run(NodeId y, Classes<T> at_y, const std::vector<NodeId>& wanted) {
    const std::vector<bool> leads = leads_to(y, wanted);
    const std::map<NodeId, MarkSet> marks = marks_between(y, leads);
    std::map<NodeId, Classes<T>> found;
    std::map<NodeId, Classes<T>, std::greater<>> pending;
    pending[y] = std::move(at_y);
    const auto is_wanted = [&](NodeId input) { return leads[static_cast<std::size_t>(input)]; };
    while (!pending.empty()) {
      const NodeId id = pending.begin()->first;
      Classes<T> classes = std::move(pending.begin()->second);
      pending.erase(pending.begin());
      if (std::ranges::find(wanted, id) != wanted.end()) found[id] = classes;
      if (!passes_on<T>(tape_, id, is_wanted)) continue;
      expect_saved(tape_, id);
      const auto mark = marks.find(id);
      const MarkSet visited = mark == marks.end() ? 0 : mark->second;
      if (tape_.node(id).fused) {
        for (auto& [input, parts] : through_staged_form(id, classes)) {
          if (!is_wanted(input)) continue;
          for (auto& [set, part] : parts) add_to(pending[input][set | visited], std::move(part));
        }
        continue;
      }
      for (const auto& entry : classes) {
        const MarkSet passed = entry.first | visited;
        apply_rules<T>(tape_, id, entry.second, nullptr, is_wanted,
                       [&](NodeId input, Var<T> part) { add_to(pending[input][passed], std::move(part)); });
      }
    }
    return found;
  }

 private:
  static void add_to(Var<T>& slot, Var<T> part) {
    slot = slot ? accumulate(std::move(slot), std::move(part)) : part;
  }

  std::vector<bool> leads_to(NodeId y, const std::vector<NodeId>& wanted) const {
    std::vector<bool> leads(static_cast<std::size_t>(y) + 1, false);
    for (NodeId id = 0; id <= y; ++id) {
      bool lead = std::ranges::find(wanted, id) != wanted.end();
      for (const NodeId input : tape_.node(id).inputs())
        lead = lead || leads[static_cast<std::size_t>(input)];
      leads[static_cast<std::size_t>(id)] = lead;
    }
    return leads;
  }

  std::map<NodeId, MarkSet> marks_between(NodeId y, const std::vector<bool>& leads) {
    std::map<NodeId, MarkSet> bits;
    const std::vector<bool> feeds = feeds_y(y);
    for (const Mark& m : tape_.marks) {
      if (m.node > y || !leads[static_cast<std::size_t>(m.node)] || !feeds[static_cast<std::size_t>(m.node)])
        continue;
      std::string stage = stage_path(tape_, tape_.node(m.node).scope);
      if (!stage_.empty()) stage = stage.empty() ? stage_ : stage_ + "/" + stage;
      bits[m.node] |= index_.bit(part_, stage, m.name);
    }
    return bits;
  }

  std::vector<bool> feeds_y(NodeId y) const {
    std::vector<bool> feeds(static_cast<std::size_t>(y) + 1, false);
    feeds[static_cast<std::size_t>(y)] = true;
    for (NodeId id = y; id >= 0; --id) {
      if (!feeds[static_cast<std::size_t>(id)]) continue;
      for (const NodeId input : tape_.node(id).inputs()) feeds[static_cast<std::size_t>(input)] = true;
    }
    return feeds;
  }

  // The classes at the inputs of a fused node, by its staged form on a tape of its own.
  std::map<NodeId, Classes<T>> through_staged_form(NodeId id, const Classes<T>& classes) {
    expect_staged_form(tape_, id, "split_by_path");
    const FusedNode<T>& fused = *tape_.node(id).fused;
    Tape<T> scratch;
    std::vector<Var<T>> inputs;
    std::vector<NodeId> leaves;
    for (const auto& input : fused.saved.inputs()) {
      inputs.push_back(scratch.leaf(input.tensor, input.name));
      leaves.push_back(inputs.back().id());
    }
    // A second node of this kind gets the stage names that its staged form would have had on the tape itself.
    for (NodeId twin = 0; twin < id && !inputs.empty(); ++twin) {
      const Node<T>& other = tape_.node(twin);
      const bool same = other.fused && other.fused->op == fused.op && other.scope == tape_.node(id).scope;
      if (same) inputs.front().tape()->add_scope(0, fused.op);
    }
    const Var<T> y = fused.staged(inputs);
    expect_staged_shape(tape_, id, y);
    std::map<NodeId, Classes<T>> at_inputs;
    if (!y.on_tape()) return at_inputs;
    const std::string outer = stage_path(tape_, tape_.node(id).scope);
    PathSweep inner(*y.tape(), stage_.empty() ? outer : stage_ + "/" + outer, index_);
    for (auto& [leaf, parts] : inner.run(y.id(), classes, leaves)) {
      const auto position = std::ranges::find(leaves, leaf) - leaves.begin();
      Classes<T>& slot = at_inputs[fused.inputs[static_cast<std::size_t>(position)]];
      for (auto& [set, part] : parts) add_to(slot[set], std::move(part));
    }
    return at_inputs;
  }

  TapeState<T>& tape_;
  std::string stage_;  // the stage this tape stands for, when it is that of a staged form
  MarkIndex& index_;
  int part_;
};

}  // namespace

template <class T>
std::vector<PathClass<T>> split_by_path(const Var<T>& y, const Tensor<T>& dy, const Var<T>& x,
                                        const std::vector<std::string>& marks) {
  if (!y.on_tape() || !x.on_tape() || x.tape() != y.tape()) {
    throw TapeError("split_by_path: x and y are not on one tape, expected both on the same");
  }
  expect_shape("split_by_path", "dy", dy.shape(), y.shape());
  MarkIndex index(marks);
  auto found = PathSweep<T>(*y.tape(), "", index).run(y.id(), {{0, Var<T>(dy)}}, {x.id()});
  index.expect_selection_found();

  std::vector<PathClass<T>> classes;
  for (auto& [set, part] : found[x.id()]) classes.push_back({index.names(set), part.value()});
  return classes;
}

template std::vector<PathClass<float>> split_by_path(const Var<float>&, const Tensor<float>&,
                                                     const Var<float>&, const std::vector<std::string>&);
template std::vector<PathClass<double>> split_by_path(const Var<double>&, const Tensor<double>&,
                                                      const Var<double>&, const std::vector<std::string>&);
template std::vector<PathClass<long double>> split_by_path(const Var<long double>&,
                                                           const Tensor<long double>&,
                                                           const Var<long double>&,
                                                           const std::vector<std::string>&);

}  // namespace wengert
