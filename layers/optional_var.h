// SPDX-License-Identifier: MIT
#pragma once

#include <autodiff/var.h>

#include <optional>
#include <type_traits>

namespace wengert {

/// An argument that may be absent; a Var or std::nullopt.
template <class T>
using OptionalVar = std::type_identity_t<std::optional<Var<T>>>;

/// The same for a layer's function on plain Tensors.
template <class T>
using OptionalTensor = std::type_identity_t<std::optional<Tensor<T>>>;

}  // namespace wengert
