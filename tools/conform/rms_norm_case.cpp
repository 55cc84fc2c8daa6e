// SPDX-License-Identifier: MIT
#include <layers/rms_norm.h>
#include <tools/conform/norm_case.h>
#include <tools/conform/rms_norm_case.h>

namespace wengert::conform {

template <class T>
Outputs<T> rms_norm_outputs(const Case& c, const Npz& arrays, Form form) {
  const RmsNormOptions options{.eps = c.eps, .normalized_axes = c.normalized_shape.rank()};
  LayerUnderTest<T> layer;
  layer.run = [form, options](const Var<T>& x, const auto& gamma, const auto&) {
    auto result =
        form == Form::staged ? staged::rms_norm<T>(x, gamma, options) : fused::rms_norm<T>(x, gamma, options);
    return LayerOutput<T>{result.y, {{"ms", result.ms}, {"inv_rms", result.inv_rms}}};
  };
  if (form == Form::fused) {
    layer.terms = [options](const Tensor<T>& x, const auto& gamma, const Tensor<T>& dy) {
      const auto terms = fused::rms_norm_terms<T>(x, gamma, dy, options);
      return Outputs<T>{{"dx_direct", terms.direct}, {"dx_var", terms.mean_square}};
    };
  }
  return norm_outputs(c, arrays, layer);
}

template Outputs<float> rms_norm_outputs(const Case&, const Npz&, Form);
template Outputs<double> rms_norm_outputs(const Case&, const Npz&, Form);

}  // namespace wengert::conform
