// SPDX-License-Identifier: MIT
#include <layers/group_norm.h>
#include <layers/group_norm_forms.h>

namespace wengert {
namespace {

GroupLayout layout_of(const char* op, const Shape& x, GroupNormOptions options) {
  check_eps(op, options.eps);
  return channel_layout(op, x, options.channel_axis, options.groups);
}

template <class T>
GroupNormResult<T> result(GroupNormed<T> normed) {
  return {std::move(normed.y), std::move(normed.mean), std::move(normed.var), std::move(normed.inv_std)};
}

}  // namespace

template <class T>
GroupNormResult<T> staged::group_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                      GroupNormOptions options) {
  const GroupLayout layout = layout_of("group_norm", x.shape(), options);
  return result(staged_group_form<T>(layout, std::move(x), std::move(gamma), std::move(beta), options.eps));
}

template <class T>
GroupNormResult<T> fused::group_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                     GroupNormOptions options) {
  const GroupLayout layout = layout_of("group_norm", x.shape(), options);
  return result(fused_group_form<T>(layout, std::move(x), std::move(gamma), std::move(beta), options.eps));
}

template <class T>
fused::GroupNormTerms<T> fused::group_norm_terms(const Tensor<T>& x, OptionalTensor<T> gamma,
                                                 const Tensor<T>& dy, GroupNormOptions options) {
  const GroupLayout layout = layout_of("group_norm_terms", x.shape(), options);
  auto terms = group_form_terms<T>(layout, x, std::move(gamma), dy, options.eps);
  return {std::move(terms.direct), std::move(terms.mean), std::move(terms.variance)};
}

#define WENGERT_INSTANTIATE(T)                                                                              \
  template GroupNormResult<T> staged::group_norm(Var<T>, OptionalVar<T>, OptionalVar<T>, GroupNormOptions); \
  template GroupNormResult<T> fused::group_norm(Var<T>, OptionalVar<T>, OptionalVar<T>, GroupNormOptions);  \
  template fused::GroupNormTerms<T> fused::group_norm_terms(const Tensor<T>&, OptionalTensor<T>,            \
                                                            const Tensor<T>&, GroupNormOptions);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
