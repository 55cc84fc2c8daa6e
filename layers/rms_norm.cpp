// SPDX-License-Identifier: MIT
#include <layers/group_norm_forms.h>
#include <layers/rms_norm.h>

namespace wengert {
namespace {

GroupLayout layout_of(const char* op, const Shape& x, RmsNormOptions options) {
  check_eps(op, options.eps);
  GroupLayout layout = trailing_layout(op, x, options.normalized_axes);
  layout.centred = false;
  return layout;
}

template <class T>
RmsNormResult<T> result(GroupNormed<T> normed) {
  return {std::move(normed.y), std::move(normed.var), std::move(normed.inv_std)};
}

}  // namespace

template <class T>
RmsNormResult<T> staged::rms_norm(Var<T> x, OptionalVar<T> gamma, RmsNormOptions options) {
  const GroupLayout layout = layout_of("rms_norm", x.shape(), options);
  return result(staged_group_form<T>(layout, std::move(x), std::move(gamma), std::nullopt, options.eps));
}

template <class T>
RmsNormResult<T> fused::rms_norm(Var<T> x, OptionalVar<T> gamma, RmsNormOptions options) {
  const GroupLayout layout = layout_of("rms_norm", x.shape(), options);
  return result(fused_group_form<T>(layout, std::move(x), std::move(gamma), std::nullopt, options.eps));
}

template <class T>
fused::RmsNormTerms<T> fused::rms_norm_terms(const Tensor<T>& x, OptionalTensor<T> gamma, const Tensor<T>& dy,
                                             RmsNormOptions options) {
  const GroupLayout layout = layout_of("rms_norm_terms", x.shape(), options);
  auto terms = group_form_terms<T>(layout, x, std::move(gamma), dy, options.eps);
  return {std::move(terms.direct), std::move(terms.variance)};
}

#define WENGERT_INSTANTIATE(T)                                                               \
  template RmsNormResult<T> staged::rms_norm(Var<T>, OptionalVar<T>, RmsNormOptions);        \
  template RmsNormResult<T> fused::rms_norm(Var<T>, OptionalVar<T>, RmsNormOptions);         \
  template fused::RmsNormTerms<T> fused::rms_norm_terms(const Tensor<T>&, OptionalTensor<T>, \
                                                        const Tensor<T>&, RmsNormOptions);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
