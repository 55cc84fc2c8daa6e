// SPDX-License-Identifier: MIT
// States of other libraries in our words, and back: names, layouts, the sense of momentum, the rule of the
// running variance. docs/modules.md has the table.
#pragma once

#include <layers/modules/module.h>

#include <optional>

namespace wengert {

enum class Convention { pytorch, keras, onnx, flax };

/// PyTorch and we mean the share of the new batch, the others the share of the old value: 1 − momentum. It is
/// its own inverse. Throws ValueError for a momentum outside [0, 1].
double converted_momentum(Convention convention, double momentum);

/// What the running variance of the other library divides by. PyTorch, and Keras where it calls the fused
/// kernel (4-D, channels last), average the unbiased variance, as we do: leave it empty. ONNX, Flax and Keras
/// elsewhere average the biased one: give the number of values a channel has in a batch, at least 2.
using BiasedOver = std::optional<Index>;

/// A state for `target.load_state`, from one with the other library's names: "weight" for gamma, "kernel"
/// (turned over) for the weight of a linear layer. Prefixes stay as they are. num_batches_tracked, which only
/// PyTorch has, is the target's own elsewhere. Throws ValueError for a name that is missing or left over, for
/// the weight of a linear layer in ONNX, whose Gemm has it either way round, and for biased_over below 2;
/// ShapeError for a kernel that is no matrix.
template <class T>
State<T> from_convention(const State<T>& theirs, const Module<T>& target, Convention convention,
                         BiasedOver biased_over = {});

/// The state of `module` with the other library's names. Throws as from_convention does.
template <class T>
State<T> to_convention(const Module<T>& module, Convention convention, BiasedOver biased_over = {});

}  // namespace wengert
