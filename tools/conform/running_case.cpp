// SPDX-License-Identifier: MIT
#include <layers/modules/batch_norm.h>
#include <layers/modules/instance_norm.h>
#include <tools/conform/running_case.h>

namespace wengert::conform {
namespace {

// The module of a case, without gamma and beta, with the running statistics of `arrays`.
template <class Module, class Config, class T>
Module module_of(const Case& c, const Shape& x, Form form, const Tensor<T>& mean, const Tensor<T>& var) {
  const int axis = channel_axis(c.layout);
  if (axis >= x.rank()) throw FileError(c.name + ": x has shape " + to_string(x) + " in layout " + c.layout);
  Module module(Config{.channels = x[axis],
                       .eps = c.eps,
                       .channel_axis = axis,
                       .momentum = c.momentum,
                       .affine = false,
                       .tracking = true,
                       .form = form});
  module.load_state(
      {{"running_mean", mean}, {"running_var", var}, {"num_batches_tracked", Tensor<T>::scalar(T(0))}});
  return module;
}

template <class Module, class Config, class T>
Outputs<T> one_step(const Case& c, const Npz& arrays, Form form) {
  const Tensor<T> x = arrays.read<T>("x");
  Module module = module_of<Module, Config>(c, x.shape(), form, arrays.read<T>("running_mean"),
                                            arrays.read<T>("running_var"));
  module.update(module.forward(x));
  return {{"running_mean_out", module.running().mean()}, {"running_var_out", module.running().var()}};
}

}  // namespace

template <class T>
Outputs<T> running_outputs(const Case& c, const Npz& arrays, Form form) {
  if (c.mode != "train" || !c.momentum || !arrays.contains("running_mean")) return {};
  if (c.layer == "batch_norm") return one_step<BatchNorm<T>, BatchNormConfig, T>(c, arrays, form);
  if (c.layer == "instance_norm") return one_step<InstanceNorm<T>, InstanceNormConfig, T>(c, arrays, form);
  return {};
}

template <class T>
Outputs<T> sequence_outputs(const Case& c, const Npz& arrays, Form form) {
  BatchNorm<T> module = module_of<BatchNorm<T>, BatchNormConfig>(c, arrays.read<T>("x_1").shape(), form,
                                                                 arrays.read<T>("running_mean_0"),
                                                                 arrays.read<T>("running_var_0"));
  Outputs<T> out;
  for (int step = 1; step <= c.steps; ++step) {
    const std::string t = std::to_string(step);
    module.update(module.forward(arrays.read<T>("x_" + t)));
    out["running_mean_" + t] = module.running().mean();
    out["running_var_" + t] = module.running().var();
  }
  module.eval();
  out["y_eval"] = module(Var<T>(arrays.read<T>("x_eval"))).value();
  return out;
}

#define WENGERT_INSTANTIATE(T)                                        \
  template Outputs<T> running_outputs(const Case&, const Npz&, Form); \
  template Outputs<T> sequence_outputs(const Case&, const Npz&, Form);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)

}  // namespace wengert::conform
