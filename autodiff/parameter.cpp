// SPDX-License-Identifier: MIT
#include <autodiff/gradients.h>
#include <autodiff/parameter.h>

namespace wengert {
namespace {

template <class T>
Var<T> parameter_leaf(const std::shared_ptr<TapeState<T>>& state, const Parameter<T>& parameter) {
  if (!parameter) throw TapeError("leaf: parameter \"" + parameter.name() + "\" is absent, expected a value");
  const auto found = state->parameters.find(parameter.identity());
  if (found == state->parameters.end()) {
    const Var<T> leaf = Tape<T>(state).leaf(parameter.value(), parameter.name());
    state->parameters.emplace(parameter.identity(), leaf.id());
    return leaf;
  }
  if (!(state->node(found->second).value == parameter.value().buffer())) {
    throw TapeError("leaf: parameter \"" + parameter.name() + "\" has changed since it became " +
                    state->describe(found->second) + ", expected a new tape for the new value");
  }
  return Var<T>(parameter.value(), state, found->second);
}

}  // namespace

template <class T>
Parameter<T>::Parameter(std::string name, Tensor<T> value)
    : name_(std::move(name)), value_(std::move(value)), identity_(std::make_shared<char>()) {}

template <class T>
void Parameter<T>::assign(Tensor<T> value) {
  expect_shape("parameter", name_, value.shape(), value_.shape());
  value_ = std::move(value);
}

template <class T>
Var<T> Tape<T>::leaf(const Parameter<T>& parameter) {
  return parameter_leaf(state_, parameter);
}

template <class T>
Var<T> leaf_beside(const Var<T>& x, const Parameter<T>& parameter) {
  return x.on_tape() ? parameter_leaf(x.tape(), parameter) : Var<T>(parameter.value());
}

template <class T>
Var<T> Gradients<T>::leaf_of(const Parameter<T>& parameter) const {
  if (tape_) {
    const auto found = tape_->parameters.find(parameter.identity());
    if (found != tape_->parameters.end()) return Var<T>(parameter.value(), tape_, found->second);
  }
  throw TapeError("gradients: parameter \"" + parameter.name() +
                  "\" is no leaf of the tape that was differentiated");
}

#define WENGERT_INSTANTIATE(T)                                     \
  template class Parameter<T>;                                     \
  template Var<T> Tape<T>::leaf(const Parameter<T>&);              \
  template Var<T> leaf_beside(const Var<T>&, const Parameter<T>&); \
  template Var<T> Gradients<T>::leaf_of(const Parameter<T>&) const;
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
