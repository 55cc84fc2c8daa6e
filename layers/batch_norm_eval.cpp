// SPDX-License-Identifier: MIT
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <layers/batch_layout.h>
#include <layers/batch_norm_eval.h>
#include <layers/kernels/channel_maps.h>

#include <cmath>
#include <string>

namespace wengert {
namespace {

template <class T>
BatchLayout evaluation_layout(const Var<T>& x, const OptionalVar<T>& gamma, const OptionalVar<T>& beta,
                              const Tensor<T>& running_mean, const Tensor<T>& running_var,
                              BatchNormOptions options) {
  BatchLayout layout = batch_layout("batch_norm_eval", x.shape(), options);
  expect_affine("batch_norm_eval", layout, gamma, beta);
  expect_shape("batch_norm_eval", "running_mean", running_mean.shape(), layout.channels);
  expect_shape("batch_norm_eval", "running_var", running_var.shape(), layout.channels);
  for (Index c = 0; c < running_var.size(); ++c) {
    if (running_var[c] < 0) {
      throw_value("batch_norm_eval", "running_var[" + std::to_string(c) + "]",
                  static_cast<double>(running_var[c]), "a variance >= 0");
    }
  }
  expect_one_tape("batch_norm_eval", x, gamma, beta);
  return layout;
}

FusedText closed_form_text(bool gamma, bool beta) {
  const std::string g = gamma ? "γ" : "";
  FusedText text;
  text.forward = {{{"r = 1/√(σ² + ε),  μ and σ² given", ""}},
                  {{"y = " + g + " x̂" + (beta ? " + β" : "") + ",  x̂ = (x − μ) r", ""}}};
  text.backward = {{{"∂β = Σ ∂y,   ∂γ = Σ x̂ ⊙ ∂y", ""}}, {{"∂x = ", ""}, {g + "r ∂y", "direct"}}};
  return text;
}

}  // namespace

template <class T>
BatchNormResult<T> staged::batch_norm_eval(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                           const Tensor<T>& running_mean, const Tensor<T>& running_var,
                                           BatchNormOptions options) {
  const BatchLayout layout = evaluation_layout(x, gamma, beta, running_mean, running_var, options);
  const auto layer = scope(x.on_tape() || !gamma ? x : *gamma, "batch_norm_eval");
  const Var<T> inv_std = reciprocal(sqrt(Var<T>(running_var) + static_cast<T>(options.eps)));
  Var<T> y = std::move(x) - Var<T>(running_mean.reshaped(layout.parameter));
  label(y, "c");
  y = std::move(y) * reshape(inv_std, layout.parameter);
  label(y, "x̂");
  if (gamma) {
    y = std::move(y) * reshape(*std::move(gamma), layout.parameter);
    label(y, "γ·x̂");
  }
  if (beta) y = std::move(y) + reshape(*std::move(beta), layout.parameter);
  label(y, "y");
  return {std::move(y), running_mean, running_var, inv_std.value()};
}

// One node; dgamma and dbeta are the sums that training needs as well, dx is a map.
template <class T>
BatchNormResult<T> fused::batch_norm_eval(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                          const Tensor<T>& running_mean, const Tensor<T>& running_var,
                                          BatchNormOptions options) {
  const BatchLayout layout = evaluation_layout(x, gamma, beta, running_mean, running_var, options);
  const kernels::ChannelView view = layout.view;
  const bool has_gamma = gamma.has_value();
  const bool has_beta = beta.has_value();
  std::vector<NamedVar<T>> inputs{{"x", x}};
  if (gamma) inputs.push_back({"gamma", *gamma});
  if (beta) inputs.push_back({"beta", *beta});

  Tensor<T> inv_std = Tensor<T>::uninitialized(layout.channels);
  T* r = inv_std.mutable_data();
  for (Index c = 0; c < inv_std.size(); ++c)
    r[c] = 1 / std::sqrt(running_var[c] + static_cast<T>(options.eps));

  Var<T> y =
      fuse<T>({.op = "batch_norm_eval",
               .inputs = std::move(inputs),
               .forward =
                   [&](Saved<T>& save) {
                     Tensor<T> out = Tensor<T>::uninitialized(x.shape());
                     kernels::channel_affine<T>(view, x.value().data(),
                                                {.mean_hi = running_mean.data(),
                                                 .mean_lo = nullptr,
                                                 .inv_std = inv_std.data(),
                                                 .gamma = gamma ? gamma->value().data() : nullptr,
                                                 .beta = beta ? beta->value().data() : nullptr},
                                                out.mutable_data());
                     save.add("running_mean", running_mean);
                     save.add("inv_std", inv_std);
                     return out;
                   },
               .vjp = [view](const Saved<T>& s, const Tensor<T>& dy) -> std::vector<Tensor<T>> {
                 const Tensor<T>* scale = s.find("gamma");
                 const Tensor<T>* shift = s.find("beta");
                 std::vector<Tensor<T>> cotangents(1);
                 if (s.needs_gradient("x")) {
                   cotangents[0] = Tensor<T>::uninitialized(dy.shape());
                   kernels::channel_scale(view, scale ? scale->data() : nullptr, s["inv_std"].data(),
                                          dy.data(), cotangents[0].mutable_data());
                 }
                 if (!scale && !shift) return cotangents;
                 Tensor<T> dgamma = Tensor<T>::zeros({view.channels});
                 Tensor<T> dbeta = Tensor<T>::zeros({view.channels});
                 const Tensor<T> mean_lo = Tensor<T>::zeros({view.channels});
                 if (view.count() > 0) {
                   kernels::batch_norm_backward<T>(
                       view, s["x"].data(), dy.data(), nullptr, s["running_mean"].data(), mean_lo.data(),
                       s["inv_std"].data(), nullptr, dgamma.mutable_data(), dbeta.mutable_data());
                 }
                 if (scale) cotangents.push_back(std::move(dgamma));
                 if (shift) cotangents.push_back(std::move(dbeta));
                 return cotangents;
               },
               // It outlives the call, with the statistics: tensors of the size of a channel.
               .staged =
                   [options, has_gamma, has_beta, running_mean, running_var](std::span<const Var<T>> in) {
                     const OptionalVar<T> g = has_gamma ? OptionalVar<T>(in[1]) : std::nullopt;
                     const OptionalVar<T> b = has_beta ? OptionalVar<T>(in[has_gamma ? 2 : 1]) : std::nullopt;
                     return staged::batch_norm_eval<T>(in[0], g, b, running_mean, running_var, options).y;
                   },
               .text = [has_gamma, has_beta] { return closed_form_text(has_gamma, has_beta); }});
  label(y, "y");
  return {std::move(y), running_mean, running_var, std::move(inv_std)};
}

#define WENGERT_INSTANTIATE(T)                                                                               \
  template BatchNormResult<T> staged::batch_norm_eval(Var<T>, OptionalVar<T>, OptionalVar<T>,                \
                                                      const Tensor<T>&, const Tensor<T>&, BatchNormOptions); \
  template BatchNormResult<T> fused::batch_norm_eval(Var<T>, OptionalVar<T>, OptionalVar<T>,                 \
                                                     const Tensor<T>&, const Tensor<T>&, BatchNormOptions);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
