// SPDX-License-Identifier: MIT
// Module<T>: a layer that owns its parameters and its state, by name.
#pragma once

#include <autodiff/parameter.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace wengert {

/// Tensors by name: "gamma", "running_var", "norm1.gamma".
template <class T>
using State = std::map<std::string, Tensor<T>>;

template <class T>
struct NamedParameter {
  std::string name;
  Parameter<T>* parameter;
};

template <class T>
class Module {
 public:
  virtual ~Module() = default;

  /// What is learned, in a fixed order. The pointers hold as long as the module stays where it is.
  std::vector<NamedParameter<T>> parameters();

  /// All of it: parameters, running statistics. The tensors are shared, and never change afterwards.
  State<T> state() const;

  /// Takes over a state of the same names and shapes. Throws ValueError for a name that is missing or not
  /// known, ShapeError for a tensor of another shape, both naming it, and whatever the module refuses, such
  /// as a negative variance. Nothing has changed then.
  void load_state(const State<T>& state);

  /// One named tensor of a module.
  struct Entry {
    std::string name;
    Tensor<T> value;
    std::function<void(const Tensor<T>&)> assign;
    Parameter<T>* parameter = nullptr;  ///< null: state that is not learned
  };
  virtual std::vector<Entry> entries() = 0;

 protected:
  /// Copying a module copies its numbers; assigning one to another goes through load_state, which checks.
  Module() = default;
  Module(const Module&) = default;
  Module(Module&&) noexcept = default;
  Module& operator=(const Module&) = delete;
  Module& operator=(Module&&) = delete;

  /// An entry for a parameter, none for an absent one.
  static void add(std::vector<Entry>& entries, Parameter<T>& parameter);
  /// The entries of a part, their names behind `prefix` and a dot.
  static void add(std::vector<Entry>& entries, const std::string& prefix, Module& part);
};

}  // namespace wengert
