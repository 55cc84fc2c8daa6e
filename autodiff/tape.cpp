// SPDX-License-Identifier: MIT
#include <autodiff/finite.h>
#include <autodiff/record.h>
#include <autodiff/tape.h>

#include <algorithm>

namespace wengert {

void Labels::set(NodeId id, std::string_view text) {
  if (sorted_.empty()) sorted_.reserve(8);
  auto place = sorted_.end();
  if (!sorted_.empty() && sorted_.back().id >= id)
    place = std::ranges::lower_bound(sorted_, id, {}, &Label::id);
  if (place != sorted_.end() && place->id == id) {
    place->text = text;
  } else {
    sorted_.insert(place, {id, std::string(text)});
  }
}

const std::string* Labels::find(NodeId id) const {
  const auto found = std::ranges::lower_bound(sorted_, id, {}, &Label::id);
  return found != sorted_.end() && found->id == id ? &found->text : nullptr;
}

void Labels::truncate(NodeId first) {
  sorted_.erase(std::ranges::lower_bound(sorted_, first, {}, &Label::id), sorted_.end());
}

template <class T>
Var<T> Tape<T>::leaf(Tensor<T> value, std::string_view label) {
  if (!value) throw TapeError("leaf: \"" + std::string(label) + "\" has no value, expected a tensor");
  if (state_->check_finite) expect_finite(value, "leaf \"" + std::string(label) + "\": value");
  Node<T> node;
  node.op = Op::leaf;
  node.needs_gradient = true;
  node.scope = state_->scope;
  node.shape = value.shape();
  node.value = value.buffer();
  state_->nodes.push_back(std::move(node));
  const NodeId id = state_->next_id() - 1;
  if (!label.empty()) state_->labels.set(id, label);
  return Var<T>(std::move(value), state_, id);
}

template <class T>
Var<T> Tape<T>::constant(Tensor<T> value, std::string_view label) {
  if (!value) throw TapeError("constant: \"" + std::string(label) + "\" has no value, expected a tensor");
  const NodeId id = node_for(*state_, Var<T>(value));
  if (!label.empty()) state_->labels.set(id, label);
  return Var<T>(std::move(value), state_, id);
}

template <class T>
void label(const Var<T>& v, std::string_view text) {
  if (v.on_tape()) v.tape()->labels.set(v.id(), text);
}

template <class T>
void mark(const Var<T>& v, std::string_view name) {
  if (v.on_tape()) v.tape()->marks.push_back({v.id(), std::string(name)});
}

template <class T>
Scope<T>::Scope(std::shared_ptr<TapeState<T>> tape, std::string_view name) : tape_(std::move(tape)) {
  if (!tape_) return;
  outer_ = tape_->scope;
  tape_->scope = tape_->add_scope(outer_, name);
}

template <class T>
Scope<T>::~Scope() {
  if (tape_) tape_->scope = outer_;
}

template <class T>
int TapeState<T>::add_scope(int parent, std::string_view name) {
  const auto twins = std::ranges::count_if(scopes, [&](const GraphScope& s) {
    return s.parent == parent && std::string_view(s.name).substr(0, s.name.find('#')) == name;
  });
  scopes.push_back({std::string(name) + (twins == 0 ? "" : "#" + std::to_string(twins + 1)), parent});
  return static_cast<int>(scopes.size()) - 1;
}

template <class T>
std::string TapeState<T>::describe(NodeId id) const {
  const std::string* named = labels.find(id);
  return "%" + std::to_string(id) + (named == nullptr ? "" : " \"" + *named + "\"");
}

template <class T>
void TapeState<T>::truncate(NodeId first, std::size_t first_scope) {
  while (next_id() > first) nodes.pop_back();
  scopes.resize(first_scope);
  labels.truncate(first);
  std::erase_if(marks, [&](const Mark& m) { return m.node >= first; });
  std::erase_if(parameters, [&](const auto& entry) { return entry.second >= first; });
}

template <class T>
const Tensor<T>* Saved<T>::find(std::string_view name) const {
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  return found == entries_.end() ? nullptr : &found->tensor;
}

template <class T>
const Tensor<T>& Saved<T>::operator[](std::string_view name) const {
  if (const Tensor<T>* tensor = find(name)) return *tensor;
  std::string text = "saved: \"" + std::string(name) + "\" was not saved, expected one of";
  for (const Entry& entry : entries_) text += " \"" + entry.name + "\"";
  throw TapeError(text);
}

template <class T>
bool Saved<T>::needs_gradient(std::string_view input) const {
  const auto found = std::ranges::find(inputs(), input, &Entry::name);
  return found != inputs().end() && needs_gradient_[static_cast<std::size_t>(found - inputs().begin())];
}

template <class T>
Var<T> Vjp<T>::wrap(const Buffer& saved, NodeId id) const {
  if (!saved) {
    throw TapeError(std::string(node_.name()) + ": its rule reads " + tape_.describe(id) +
                    ", which `.reads` does not name");
  }
  Tensor<T> value(tape_.node(id).shape, saved);
  return recording_ ? Var<T>(std::move(value), recording_, id) : Var<T>(std::move(value));
}

#define WENGERT_INSTANTIATE(T)                          \
  template class Tape<T>;                               \
  template class Scope<T>;                              \
  template class Saved<T>;                              \
  template class Vjp<T>;                                \
  template struct TapeState<T>;                         \
  template void label(const Var<T>&, std::string_view); \
  template void mark(const Var<T>&, std::string_view);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
