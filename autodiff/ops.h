// SPDX-License-Identifier: MIT
// Every differentiable op. Forward and vjp live together in the file named on the right, under autodiff/ops/.
//
// An op on Vars of a tape records itself there; on constants it just computes. Two inputs broadcast as in
// NumPy. Vars are taken by value: an elementwise op may reuse the buffer of an argument that nobody else
// holds. Throws ShapeError for shapes or axes that do not fit, TapeError for Vars of two tapes.
#pragma once

#include <autodiff/tape.h>

namespace wengert {

// clang-format off
template <class T> Var<T> add(Var<T> a, Var<T> b);                         // arithmetic.cpp   y = a + b
template <class T> Var<T> sub(Var<T> a, Var<T> b);                         // arithmetic.cpp   y = a - b
template <class T> Var<T> mul(Var<T> a, Var<T> b);                         // arithmetic.cpp   y = a * b
template <class T> Var<T> div(Var<T> a, Var<T> b);                         // arithmetic.cpp   y = a / b
template <class T> Var<T> neg(Var<T> x);                                   // arithmetic.cpp   y = -x
template <class T> Var<T> add_scalar(Var<T> x, std::type_identity_t<T> s); // arithmetic.cpp   y = x + s
template <class T> Var<T> mul_scalar(Var<T> x, std::type_identity_t<T> s); // arithmetic.cpp   y = s * x
template <class T> Var<T> div_scalar(Var<T> x, std::type_identity_t<T> s); // arithmetic.cpp   y = x / s

template <class T> Var<T> pow(Var<T> x, std::type_identity_t<T> p);        // elementwise.cpp  y = x ^ p
template <class T> Var<T> square(Var<T> x);                                // elementwise.cpp  y = x * x
template <class T> Var<T> sqrt(Var<T> x);                                  // elementwise.cpp  y = √x
template <class T> Var<T> rsqrt(Var<T> x);                                 // elementwise.cpp  y = 1 / √x
template <class T> Var<T> reciprocal(Var<T> x);                            // elementwise.cpp  y = 1 / x
template <class T> Var<T> exp(Var<T> x);                                   // elementwise.cpp  y = e ^ x
template <class T> Var<T> log(Var<T> x);                                   // elementwise.cpp  y = ln x
template <class T> Var<T> tanh(Var<T> x);                                  // elementwise.cpp  y = tanh x
template <class T> Var<T> sigmoid(Var<T> x);                               // elementwise.cpp  y = 1 / (1 + e ^ -x)

// Where a function has a kink the gradient is one fixed subgradient: relu'(0) = 0, abs'(0) = 0; maximum, minimum
// and max share the cotangent equally among ties. A comparison gives 1 or 0 and has no gradient.
template <class T> Var<T> relu(Var<T> x);                                  // selection.cpp    y = max(x, 0)
template <class T> Var<T> abs(Var<T> x);                                   // selection.cpp    y = |x|
template <class T> Var<T> maximum(Var<T> a, Var<T> b);                     // selection.cpp    y = max(a, b)
template <class T> Var<T> minimum(Var<T> a, Var<T> b);                     // selection.cpp    y = min(a, b)
template <class T> Var<T> select(Var<T> mask, Var<T> a, Var<T> b);         // selection.cpp    y = mask != 0 ? a : b
template <class T> Var<T> sign(Var<T> x);                                  // selection.cpp    y = -1, 0 or 1
template <class T> Var<T> equal(Var<T> a, Var<T> b);                       // selection.cpp    y = (a == b)
template <class T> Var<T> less(Var<T> a, Var<T> b);                        // selection.cpp    y = (a < b)
template <class T> Var<T> less_equal(Var<T> a, Var<T> b);                  // selection.cpp    y = (a <= b)
template <class T> Var<T> greater(Var<T> a, Var<T> b) { return less(std::move(b), std::move(a)); }
template <class T> Var<T> greater_equal(Var<T> a, Var<T> b) { return less_equal(std::move(b), std::move(a)); }

// Axes: {0, 2}, {-1}, all_axes; a reduced axis is dropped, or kept as 1 with keep_dims. The mean or the maximum
// over nothing is a ShapeError; the sum over nothing is 0.
template <class T> Var<T> sum(Var<T> x, Axes axes = all_axes, KeepDims keep = KeepDims::no);   // reduce.cpp  y = Σ x
template <class T> Var<T> mean(Var<T> x, Axes axes = all_axes, KeepDims keep = KeepDims::no);  // reduce.cpp  y = Σ x / n
template <class T> Var<T> max(Var<T> x, Axes axes = all_axes, KeepDims keep = KeepDims::no);   // reduce.cpp  y = max x

template <class T> Var<T> reshape(Var<T> x, const Shape& shape);           // layout.cpp       the same numbers, shared
template <class T> Var<T> transpose(Var<T> x, std::span<const int> order); // layout.cpp       axis i of y is axis order[i] of x
template <class T> Var<T> transpose(Var<T> x);                             // layout.cpp       all axes reversed
template <class T> Var<T> broadcast_to(Var<T> x, const Shape& shape);      // layout.cpp       NumPy's broadcast
template <class T> Var<T> sum_to(Var<T> x, const Shape& shape);            // layout.cpp       sums what broadcast_to would repeat
template <class T> Var<T> sum_of_product(Var<T> a, Var<T> b, const Shape& shape);  // layout.cpp  sum_to(a * b, shape); on constants in one sweep

template <class T> Var<T> matmul(Var<T> a, Var<T> b);                      // matmul.cpp       y = a b   [m, k] [k, n] -> [m, n]
// clang-format on

}  // namespace wengert
