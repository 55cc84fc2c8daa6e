// SPDX-License-Identifier: MIT
#include <layers/group_norm.h>
#include <tools/conform/group_norm_case.h>
#include <tools/conform/norm_case.h>

namespace wengert::conform {

template <class T>
Outputs<T> group_norm_outputs(const Case& c, const Npz& arrays, Form form) {
  const GroupNormOptions options{.groups = c.groups, .eps = c.eps, .channel_axis = channel_axis(c.layout)};
  LayerUnderTest<T> layer;
  layer.run = [form, options](const Var<T>& x, const auto& gamma, const auto& beta) {
    auto result = form == Form::staged ? staged::group_norm<T>(x, gamma, beta, options)
                                       : fused::group_norm<T>(x, gamma, beta, options);
    return LayerOutput<T>{result.y,
                          {{"mean", result.mean}, {"var", result.var}, {"inv_std", result.inv_std}}};
  };
  if (form == Form::fused) {
    layer.terms = [options](const Tensor<T>& x, const auto& gamma, const Tensor<T>& dy) {
      const auto terms = fused::group_norm_terms<T>(x, gamma, dy, options);
      return Outputs<T>{{"dx_direct", terms.direct}, {"dx_mean", terms.mean}, {"dx_var", terms.variance}};
    };
  }
  return norm_outputs(c, arrays, layer);
}

template Outputs<float> group_norm_outputs(const Case&, const Npz&, Form);
template Outputs<double> group_norm_outputs(const Case&, const Npz&, Form);

}  // namespace wengert::conform
