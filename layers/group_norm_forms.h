// SPDX-License-Identifier: MIT
// The two forms that layer, RMS, group and instance normalisation share. For layers/ alone.
#pragma once

#include <layers/centring.h>
#include <layers/group_layout.h>
#include <layers/optional_var.h>

namespace wengert {

/// Statistics of the shape that the layout names; mean is empty unless the layout is centred.
template <class T>
struct GroupNormed {
  Var<T> y;
  Tensor<T> mean, var, inv_std;
};

/// Throws ShapeError for gamma or beta of another shape, TapeError for Vars of two tapes.
template <class T>
GroupNormed<T> staged_group_form(const GroupLayout& layout, Var<T> x, OptionalVar<T> gamma,
                                 OptionalVar<T> beta, double eps, Centring centring = Centring::once);

/// One node with the closed form; the same function, the same errors.
template <class T>
GroupNormed<T> fused_group_form(const GroupLayout& layout, Var<T> x, OptionalVar<T> gamma,
                                OptionalVar<T> beta, double eps);

/// The terms of dx, each of the shape of x; mean is empty unless the layout is centred.
template <class T>
struct GroupNormedTerms {
  Tensor<T> direct, mean, variance;
};

/// Throws ShapeError for gamma of another shape than the layout's, and for dy of another than x.
template <class T>
GroupNormedTerms<T> group_form_terms(const GroupLayout& layout, const Tensor<T>& x, OptionalTensor<T> gamma,
                                     const Tensor<T>& dy, double eps);

}  // namespace wengert
