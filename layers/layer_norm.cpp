// SPDX-License-Identifier: MIT
#include <layers/group_norm_forms.h>
#include <layers/layer_norm.h>

namespace wengert {
namespace {

GroupLayout layout_of(const char* op, const Shape& x, LayerNormOptions options) {
  check_eps(op, options.eps);
  return trailing_layout(op, x, options.normalized_axes);
}

template <class T>
LayerNormResult<T> result(GroupNormed<T> normed) {
  return {std::move(normed.y), std::move(normed.mean), std::move(normed.var), std::move(normed.inv_std)};
}

}  // namespace

template <class T>
LayerNormResult<T> staged::layer_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                      LayerNormOptions options) {
  const GroupLayout layout = layout_of("layer_norm", x.shape(), options);
  return result(staged_group_form<T>(layout, std::move(x), std::move(gamma), std::move(beta), options.eps));
}

template <class T>
LayerNormResult<T> fused::layer_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                     LayerNormOptions options) {
  const GroupLayout layout = layout_of("layer_norm", x.shape(), options);
  return result(fused_group_form<T>(layout, std::move(x), std::move(gamma), std::move(beta), options.eps));
}

template <class T>
fused::LayerNormTerms<T> fused::layer_norm_terms(const Tensor<T>& x, OptionalTensor<T> gamma,
                                                 const Tensor<T>& dy, LayerNormOptions options) {
  const GroupLayout layout = layout_of("layer_norm_terms", x.shape(), options);
  auto terms = group_form_terms<T>(layout, x, std::move(gamma), dy, options.eps);
  return {std::move(terms.direct), std::move(terms.mean), std::move(terms.variance)};
}

#define WENGERT_INSTANTIATE(T)                                                                              \
  template LayerNormResult<T> staged::layer_norm(Var<T>, OptionalVar<T>, OptionalVar<T>, LayerNormOptions); \
  template LayerNormResult<T> fused::layer_norm(Var<T>, OptionalVar<T>, OptionalVar<T>, LayerNormOptions);  \
  template fused::LayerNormTerms<T> fused::layer_norm_terms(const Tensor<T>&, OptionalTensor<T>,            \
                                                            const Tensor<T>&, LayerNormOptions);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
