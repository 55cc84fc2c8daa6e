// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <layers/batch_norm_eval.h>
#include <tools/conform/batch_norm_case.h>
#include <tools/conform/norm_case.h>

namespace wengert::conform {
namespace {

template <class T>
LayerOutput<T> named(BatchNormResult<T> result) {
  return {result.y, {{"mean", result.mean}, {"var", result.var}, {"inv_std", result.inv_std}}};
}

template <class T>
LayerUnderTest<T> in_training(BatchNormOptions options, Form form) {
  LayerUnderTest<T> layer;
  layer.run = [form, options](const Var<T>& x, const auto& gamma, const auto& beta) {
    return named(form == Form::staged ? staged::batch_norm(x, gamma, beta, options)
                                      : fused::batch_norm(x, gamma, beta, options));
  };
  if (form == Form::fused) {
    layer.terms = [options](const Tensor<T>& x, const auto& gamma, const Tensor<T>& dy) {
      const auto terms = fused::batch_norm_terms(x, gamma, dy, options);
      return Outputs<T>{{"dx_direct", terms.direct}, {"dx_mean", terms.mean}, {"dx_var", terms.variance}};
    };
  }
  return layer;
}

template <class T>
LayerUnderTest<T> in_evaluation(BatchNormOptions options, Form form, const Tensor<T>& mean,
                                const Tensor<T>& var) {
  LayerUnderTest<T> layer;
  layer.run = [=](const Var<T>& x, const auto& gamma, const auto& beta) {
    return named(form == Form::staged ? staged::batch_norm_eval(x, gamma, beta, mean, var, options)
                                      : fused::batch_norm_eval(x, gamma, beta, mean, var, options));
  };
  if (form == Form::fused) {
    // The closed form has one term: dx itself.
    layer.terms = [=](const Tensor<T>& x, const auto& gamma, const Tensor<T>& dy) {
      Tape<T> tape;
      const Var<T> in = tape.leaf(x, "x");
      const OptionalVar<T> scale = gamma ? OptionalVar<T>(Var<T>(*gamma)) : std::nullopt;
      return Outputs<T>{
          {"dx_direct",
           backward(fused::batch_norm_eval<T>(in, scale, std::nullopt, mean, var, options).y, dy)[in]}};
    };
  }
  return layer;
}

}  // namespace

template <class T>
Outputs<T> batch_norm_outputs(const Case& c, const Npz& arrays, Form form) {
  const BatchNormOptions options{.eps = c.eps, .channel_axis = channel_axis(c.layout)};
  if (c.mode == "train") return norm_outputs(c, arrays, in_training<T>(options, form));
  return norm_outputs(
      c, arrays,
      in_evaluation<T>(options, form, arrays.read<T>("running_mean"), arrays.read<T>("running_var")));
}

template Outputs<float> batch_norm_outputs(const Case&, const Npz&, Form);
template Outputs<double> batch_norm_outputs(const Case&, const Npz&, Form);

}  // namespace wengert::conform
