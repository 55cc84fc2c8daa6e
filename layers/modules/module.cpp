// SPDX-License-Identifier: MIT
#include <layers/modules/module.h>

#include <algorithm>

namespace wengert {
namespace {

template <class Entries>
std::string listed(const Entries& entries) {
  std::string names;
  for (const auto& entry : entries) names += (names.empty() ? "" : ", ") + entry.name;
  return names;
}

template <class T>
void expect_fitting(const std::vector<typename Module<T>::Entry>& entries, const State<T>& state) {
  for (const auto& entry : entries) {
    const auto found = state.find(entry.name);
    if (found == state.end())
      throw ValueError("load_state: " + entry.name + " is missing, expected " + listed(entries));
    expect_shape("load_state", entry.name, found->second.shape(), entry.value.shape());
  }
  for (const auto& [name, tensor] : state) {
    const auto named = [&name = name](const auto& entry) { return entry.name == name; };
    if (std::ranges::none_of(entries, named))
      throw ValueError("load_state: " + name + " is not known, expected " + listed(entries));
  }
}

}  // namespace

template <class T>
std::vector<NamedParameter<T>> Module<T>::parameters() {
  std::vector<NamedParameter<T>> out;
  for (const Entry& entry : entries()) {
    if (entry.parameter != nullptr) out.push_back({entry.name, entry.parameter});
  }
  return out;
}

template <class T>
State<T> Module<T>::state() const {
  State<T> out;
  // Listing changes nothing; the entries could be assigned to, and are not.
  for (const Entry& entry : const_cast<Module*>(this)->entries()) out[entry.name] = entry.value;
  return out;
}

template <class T>
void Module<T>::load_state(const State<T>& state) {
  const std::vector<Entry> before = entries();
  expect_fitting<T>(before, state);
  try {
    for (const Entry& entry : before) entry.assign(state.at(entry.name));
  } catch (...) {
    for (const Entry& entry : before) entry.assign(entry.value);
    throw;
  }
}

template <class T>
void Module<T>::add(std::vector<Entry>& entries, Parameter<T>& parameter) {
  if (!parameter) return;
  entries.push_back({.name = parameter.name(),
                     .value = parameter.value(),
                     .assign = [&parameter](const Tensor<T>& value) { parameter.assign(value); },
                     .parameter = &parameter});
}

template <class T>
void Module<T>::add(std::vector<Entry>& entries, const std::string& prefix, Module& part) {
  for (Entry& entry : part.entries()) {
    entry.name = prefix + "." + entry.name;
    entries.push_back(std::move(entry));
  }
}

template class Module<float>;
template class Module<double>;
template class Module<long double>;

}  // namespace wengert
