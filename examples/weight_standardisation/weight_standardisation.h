// SPDX-License-Identifier: MIT
// Weight standardisation (Qiao et al. 2019, arXiv:1903.10520), a layer as a user would bring it:
//
//   y = gain · (w − mean) · inv_std,    inv_std = 1/√(var + eps),    each row of w for itself
//
// w: [outputs, inputs]   gain: [outputs]
#pragma once

#include <autodiff/fuse.h>
#include <autodiff/ops.h>

constexpr double eps = 1e-5;

// The first form: small ops, and the tape does the rest. Marks name the ways by which w reaches y.
template <class T>
wengert::Var<T> staged_form(wengert::Var<T> w, wengert::Var<T> gain) {
  using namespace wengert;
  const auto stage = scope(w, "weight_standardisation");
  const Var<T> mu = mean(w, {1}, keep_dims);
  mark(mu, "mean");
  const Var<T> centred = w - mu;
  const Var<T> var = mean(square(centred), {1}, keep_dims);
  mark(var, "variance");
  return centred * rsqrt(var + T(eps)) * reshape(gain, {w.shape()[0], 1});
}

// The second form: one node, whose gradient was derived by hand. With what = (w − mean) · inv_std, g = gain ·
// dy:
//   dw = inv_std · (g − mean(g) − what · mean(g · what))      dgain = Σ dy · what
template <class T>
wengert::Var<T> fused_form(wengert::Var<T> w, wengert::Var<T> gain) {
  using namespace wengert;
  using Array = typename Tensor<T>::Array;
  using Column = typename Tensor<T>::Flat;
  return fuse<T>({.op = "weight_standardisation",
                  .inputs = {{"w", w}, {"gain", gain}},
                  .forward =
                      [&](Saved<T>& save) {
                        const Column mu = w.value().array().rowwise().mean();
                        const Array centred = w.value().array().colwise() - mu;
                        const Column inv_std = (centred.square().rowwise().mean() + T(eps)).rsqrt();
                        const Array what = centred.colwise() * inv_std;
                        save.add("what", Tensor<T>(what));
                        save.add("inv_std", Tensor<T>(inv_std));
                        return Tensor<T>(what.colwise() * gain.value().flat());
                      },
                  .vjp = [](const Saved<T>& s, const Tensor<T>& dy) -> std::vector<Tensor<T>> {
                    const Array what = s["what"].array();
                    const Array g = dy.array().colwise() * s["gain"].flat();
                    const Column mean_g = g.rowwise().mean();
                    const Column mean_g_what = (g * what).rowwise().mean();
                    const Array inner = (g.colwise() - mean_g) - what.colwise() * mean_g_what;
                    const Column dgain = (dy.array() * what).rowwise().sum();
                    return {Tensor<T>(inner.colwise() * s["inv_std"].flat()), Tensor<T>(dgain)};
                  },
                  .staged = [](std::span<const Var<T>> in) { return staged_form<T>(in[0], in[1]); }});
}
