// SPDX-License-Identifier: MIT
#include <autodiff/gradients.h>

namespace wengert {

template <class T>
Var<T> Cotangents<T>::var(const std::shared_ptr<TapeState<T>>& tape, NodeId id) const {
  const Slot& slot = at(id);
  Tensor<T> value(tape->node(id).shape, slot.numbers);
  return slot.recorded == no_node ? Var<T>(std::move(value)) : Var<T>(std::move(value), tape, slot.recorded);
}

template <class T>
void Cotangents<T>::put(NodeId id, const Var<T>& cotangent) {
  slots_[static_cast<std::size_t>(id)] = {.numbers = cotangent.value().buffer(), .recorded = cotangent.id()};
}

template <class T>
void Gradients<T>::expect_answer(const Var<T>& x) const {
  if (!x.on_tape()) throw TapeError("gradients: the Var asked for is a constant, expected one on the tape");
  if (!tape_) return;
  const std::string who = "gradients: " + x.tape()->describe(x.id());
  if (x.tape() != tape_) throw TapeError(who + " is on another tape than what was differentiated");
  if (kept_.has(x.id())) return;
  if (!wrt_.empty() && std::ranges::find(wrt_, x.id()) == wrt_.end()) {
    throw TapeError(who + " was not asked for, expected one of those named by .wrt");
  }
  if (kept_.dropped(x.id())) {
    throw TapeError(
        who + " is an inner node whose cotangent was not kept, expected .wrt to name it or .keep_cotangents");
  }
}

template <class T>
bool Gradients<T>::reached(const Var<T>& x) const {
  expect_answer(x);
  return kept_.has(x.id());
}

template <class T>
Var<T> Gradients<T>::get(const Var<T>& x) const {
  expect_answer(x);
  if (kept_.has(x.id())) return kept_.var(tape_, x.id());
  return Var<T>(Tensor<T>::zeros(x.shape()));
}

template <class T>
Var<T> Gradients<T>::var(const Var<T>& x) const {
  if (tape_ && !recorded_) {
    throw TapeError(
        "gradients: the sweep was not recorded, expected backward(…, {.record = true}) for var()");
  }
  return get(x);
}

template class Cotangents<float>;
template class Cotangents<double>;
template class Cotangents<long double>;
template class Gradients<float>;
template class Gradients<double>;
template class Gradients<long double>;

}  // namespace wengert
