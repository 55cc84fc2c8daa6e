// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <layers/batch_norm_eval.h>
#include <layers/modules/batch_norm.h>
#include <layers/modules/group_norm.h>
#include <layers/modules/instance_norm.h>
#include <layers/modules/layer_norm.h>
#include <tools/conform/behaviour.h>
#include <tools/conform/case.h>
#include <tools/conform/confined.h>
#include <tools/conform/dtype.h>

#include <algorithm>
#include <array>
#include <optional>

namespace wengert::conform {
namespace {

template <class T>
Tensor<T> input(const Behaviour& b, const std::string& name) {
  return b.inputs.at(name).cast<T>();
}

// The layer on the leaves of one tape; normalized_shape is checked by the module that has one.
template <class T>
class Trial {
 public:
  Trial(const Behaviour& b, Form form) : b_(b), form_(form), x_(tape_.leaf(input<T>(b, "x"), "x")) {}

  Var<T> value() {
    const int axis = b_.layout.empty() ? 1 : channel_axis(b_.layout);
    if (b_.layer == "layer_norm") {
      return through<LayerNorm<T>>(LayerNormConfig{.normalized_shape = b_.normalized_shape,
                                                   .eps = b_.eps,
                                                   .affine = true,
                                                   .bias = true,
                                                   .form = form_});
    }
    if (b_.layer == "rms_norm") {
      return through<RmsNorm<T>>(RmsNormConfig{
          .normalized_shape = b_.normalized_shape, .eps = b_.eps, .affine = true, .form = form_});
    }
    const OptionalVar<T> gamma = leaf("gamma"), beta = leaf("beta");
    if (b_.layer == "group_norm") {
      const GroupNormOptions options{.groups = b_.groups, .eps = b_.eps, .channel_axis = axis};
      return (form_ == Form::staged ? staged::group_norm<T>(x_, gamma, beta, options)
                                    : fused::group_norm<T>(x_, gamma, beta, options))
          .y;
    }
    if (b_.layer == "instance_norm") {
      const InstanceNormOptions options{.eps = b_.eps, .channel_axis = axis};
      return (form_ == Form::staged ? staged::instance_norm<T>(x_, gamma, beta, options)
                                    : fused::instance_norm<T>(x_, gamma, beta, options))
          .y;
    }
    const BatchNormOptions options{.eps = b_.eps, .channel_axis = axis};
    if (b_.mode == "eval") {
      const Tensor<T> mean = input<T>(b_, "running_mean"), var = input<T>(b_, "running_var");
      return (form_ == Form::staged ? staged::batch_norm_eval<T>(x_, gamma, beta, mean, var, options)
                                    : fused::batch_norm_eval<T>(x_, gamma, beta, mean, var, options))
          .y;
    }
    return (form_ == Form::staged ? staged::batch_norm<T>(x_, gamma, beta, options)
                                  : fused::batch_norm<T>(x_, gamma, beta, options))
        .y;
  }

 private:
  OptionalVar<T> leaf(const std::string& name) {
    return b_.inputs.contains(name) ? OptionalVar<T>(tape_.leaf(input<T>(b_, name), name)) : std::nullopt;
  }

  // An empty batch has gradients of zero for the module's parameters.
  template <class Module, class Config>
  Var<T> through(const Config& config) {
    Module module(config);
    State<T> state = module.state();
    for (auto& [name, tensor] : state) {
      if (b_.inputs.contains(name)) tensor = input<T>(b_, name);
    }
    module.load_state(state);
    const Var<T> y = module(x_);
    if (y.shape().size() > 0) return y;
    const Gradients<T> gradients = backward(y, y.value(), {.keep_saved = true});
    for (const auto& [name, parameter] : module.parameters()) {
      for (const T value : gradients[*parameter].values()) {
        if (value != 0) throw ValueError("the gradient of " + name + " is not zero for an empty batch");
      }
    }
    return y;
  }

  const Behaviour& b_;
  Form form_;
  Tape<T> tape_;
  Var<T> x_;
};

// What the module's running statistics become; unchanged when it refuses the batch. Nothing for other layers.
template <class T>
Outputs<T> running_after(const Behaviour& b, Form form) {
  if (b.layer != "batch_norm" || b.mode != "train" || !b.inputs.contains("running_mean")) return {};
  BatchNorm<T> module({.channels = b.inputs.at("running_mean").size(),
                       .eps = b.eps,
                       .channel_axis = channel_axis(b.layout),
                       .momentum = b.momentum,
                       .affine = false,
                       .form = form});
  module.load_state({{"running_mean", input<T>(b, "running_mean")},
                     {"running_var", input<T>(b, "running_var")},
                     {"num_batches_tracked", Tensor<T>::scalar(T(0))}});
  try {
    module.update(module.forward(input<T>(b, "x")));
  } catch (const Error&) {
    // What it refused must not have left a trace: the caller looks.
  }
  return {{"running_mean_out", module.running().mean()}, {"running_var_out", module.running().var()}};
}

template <class T>
bool unchanged(const Behaviour& b, const Outputs<T>& running) {
  const auto same = [&](const char* out, const char* in) {
    return !running.contains(out) || std::ranges::equal(running.at(out).values(), input<T>(b, in).values());
  };
  return same("running_mean_out", "running_mean") && same("running_var_out", "running_var");
}

template <class T>
BehaviourResult try_in(const Behaviour& b, Form form) {
  BehaviourResult result{.id = b.id, .form = form, .dtype = dtype_name<T>, .text = {}};
  const Outputs<T> running = running_after<T>(b, form);
  Trial<T> trial(b, form);
  Tensor<T> y;
  try {
    const Var<T> value = trial.value();
    y = value.value();
    if (b.inputs.contains("dy")) backward(value, input<T>(b, "dy"));
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    result.met = b.kind.starts_with("error") && unchanged(b, running);
    result.text = error.what();
    return result;
  }
  if (b.kind == "confined") {
    Outputs<T> outputs = running;
    outputs["y"] = y;
    result.text = unconfined(b, outputs);
    result.met = result.text.empty();
  } else if (b.kind == "error_or_empty" && y.size() == 0) {
    result.met = unchanged(b, running);
  } else {
    result.text = "no error";
  }
  return result;
}

}  // namespace

bool can_try(const Behaviour& b) {
  constexpr std::array layers{"batch_norm", "layer_norm", "rms_norm", "group_norm", "instance_norm"};
  if (b.mode == "eval" && b.layer != "batch_norm") return false;
  return std::ranges::find(layers, b.layer) != layers.end();
}

void expect_known(const Behaviour& b) {
  if (!can_try(b))
    throw FileError(
        b.id + ": layer is " + b.layer + " in mode " + b.mode +
        ", expected batch_norm, layer_norm, rms_norm, group_norm or instance_norm in mode train, or "
        "batch_norm in mode eval");
  if (b.kind != "error" && b.kind != "confined" && b.kind != "error_or_empty")
    throw FileError(b.id + ": kind is " + b.kind + ", expected error, confined or error_or_empty");
  if (!b.inputs.contains("x")) throw FileError(b.id + ": has no input x");
  if (b.kind == "confined" && b.outputs != std::vector<std::string>{"y"})
    throw FileError(b.id + ": outputs are others than y, expected y alone");
}

std::vector<BehaviourResult> try_behaviour(const Behaviour& b) {
  expect_known(b);
  std::vector<BehaviourResult> results;
  for (const Form form : {Form::staged, Form::fused}) {
    results.push_back(try_in<float>(b, form));
    results.push_back(try_in<double>(b, form));
  }
  return results;
}

}  // namespace wengert::conform
