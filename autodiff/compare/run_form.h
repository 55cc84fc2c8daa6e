// SPDX-License-Identifier: MIT
// One form on a tape of its own. For the files in this folder.
#pragma once

#include <autodiff/backward.h>
#include <autodiff/compare/subject.h>

#include <vector>

namespace wengert {

template <class T>
struct FormRun {
  Tape<T> tape;
  std::vector<Var<T>> leaves;
  Var<T> y;

  FormRun(const Layer<T>& layer, const std::vector<NamedTensor<T>>& inputs) {
    for (const NamedTensor<T>& input : inputs) leaves.push_back(tape.leaf(input.value, input.name));
    y = layer(leaves);
  }

  /// The gradients of <dy, y>, in the order of the inputs. The tape keeps what it saved.
  std::vector<Tensor<T>> gradients(const Tensor<T>& dy) const {
    if (!y.on_tape()) return zeros();
    const Gradients<T> found = backward(y, dy, {.keep_saved = true});
    std::vector<Tensor<T>> out;
    for (const Var<T>& leaf : leaves) out.push_back(found[leaf]);
    return out;
  }

 private:
  std::vector<Tensor<T>> zeros() const {
    std::vector<Tensor<T>> out;
    for (const Var<T>& leaf : leaves) out.push_back(Tensor<T>::zeros(leaf.shape()));
    return out;
  }
};

template <class T>
std::vector<NamedTensor<Wider<T>>> widened(const std::vector<NamedTensor<T>>& inputs) {
  std::vector<NamedTensor<Wider<T>>> wide;
  for (const NamedTensor<T>& input : inputs)
    wide.push_back({input.name, input.value.template cast<Wider<T>>()});
  return wide;
}

}  // namespace wengert
