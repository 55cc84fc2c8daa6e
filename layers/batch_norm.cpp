// SPDX-License-Identifier: MIT
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <layers/batch_layout.h>
#include <layers/batch_norm.h>
#include <layers/centring.h>
#include <layers/kernels/batch_norm.h>

#include <vector>

namespace wengert {
namespace {

// Ten small ops, and the tape does the rest. What x reaches y through is marked: the mean, the variance.
template <class T>
BatchNormResult<T> batch_norm_in_ops(const BatchLayout& layout, Var<T> x, OptionalVar<T> gamma,
                                     OptionalVar<T> beta, double eps, Centring centring) {
  const Axes& others = layout.others;
  const Var<T>& on_tape = x.on_tape() || !gamma ? x : *gamma;
  const auto layer = scope(on_tape, "batch_norm");
  Var<T> mu, centred, var, inv_std, y;
  {
    const auto stage = scope(on_tape, "mean");
    mu = mean(x, others, keep_dims);
    label(mu, "μ_B");
    mark(mu, "mean");
    centred = x - mu;
    if (centring == Centring::twice) centred = centred_again(std::move(centred), others);
    label(centred, "c");
  }
  {
    const auto stage = scope(on_tape, "variance");
    Var<T> squared = square(centred);
    label(squared, "c²");
    var = mean(std::move(squared), others, keep_dims);
    label(var, "σ²_B");
    mark(var, "variance");
  }
  {
    const auto stage = scope(on_tape, "normalise");
    Var<T> shifted = var + static_cast<T>(eps);
    label(shifted, "σ²_B + ε");
    Var<T> std = sqrt(std::move(shifted));
    label(std, "s");
    inv_std = reciprocal(std::move(std));
    label(inv_std, "r");
    y = std::move(centred) * inv_std;
    label(y, "x̂");
  }
  const auto stage = scope(on_tape, "affine");
  if (gamma) {
    y = std::move(y) * reshape(*std::move(gamma), layout.parameter);
    label(y, "γ·x̂");
  }
  if (beta) y = std::move(y) + reshape(*std::move(beta), layout.parameter);
  label(y, "y");
  return {std::move(y), mu.value().reshaped(layout.channels), var.value().reshaped(layout.channels),
          inv_std.value().reshaped(layout.channels)};
}

}  // namespace

template <class T>
BatchNormResult<T> staged::batch_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                      BatchNormOptions options) {
  const BatchLayout layout = training_layout("batch_norm", x.shape(), gamma, beta, options);
  expect_one_tape("batch_norm", x, gamma, beta);
  return batch_norm_in_ops<T>(layout, std::move(x), std::move(gamma), std::move(beta), options.eps,
                              Centring::once);
}

namespace {

// The lines on the card of the fused node in a drawing.
FusedText closed_form_text(bool gamma, bool beta) {
  const std::string g = gamma ? "γ" : "";
  FusedText text;
  text.forward = {{{"μ, σ²  over all axes but the channel's", ""}},
                  {{"r = 1/√(σ² + ε)", ""}},
                  {{"y = " + g + " x̂" + (beta ? " + β" : "") + ",  x̂ = (x − μ) r", ""}}};
  text.backward = {{{"∂β = Σ ∂y,   ∂γ = Σ x̂ ⊙ ∂y", ""}},
                   {{"∂x = " + g + "r/N · ( ", ""},
                    {"N ∂y", "direct"},
                    {" − ", ""},
                    {"∂β", "mean"},
                    {" − ", ""},
                    {"x̂ ∂γ", "variance"},
                    {" )", ""}}};
  return text;
}

}  // namespace

// One node with the closed form of docs/batch_norm.md, eq. 9 to 11.
template <class T>
BatchNormResult<T> fused::batch_norm(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                     BatchNormOptions options) {
  const BatchLayout layout = training_layout("batch_norm", x.shape(), gamma, beta, options);
  const kernels::ChannelView view = layout.view;
  const bool has_gamma = gamma.has_value();
  const bool has_beta = beta.has_value();
  std::vector<NamedVar<T>> inputs;
  inputs.reserve(3);
  inputs.push_back({"x", x});
  if (gamma) inputs.push_back({"gamma", *gamma});
  if (beta) inputs.push_back({"beta", *beta});

  const auto channel_values = [&] { return Tensor<T>::uninitialized(layout.channels); };
  Tensor<T> mean = channel_values(), mean_lo = channel_values(), var = channel_values(),
            inv_std = channel_values();
  Var<T> y = fuse<T>(
      {.op = "batch_norm",
       .inputs = std::move(inputs),
       .forward =
           [&](Saved<T>& save) {
             Tensor<T> out = Tensor<T>::uninitialized(x.shape());
             kernels::batch_norm_forward<T>(
                 view, x.value().data(), gamma ? gamma->value().data() : nullptr,
                 beta ? beta->value().data() : nullptr, static_cast<T>(options.eps), out.mutable_data(),
                 {mean.mutable_data(), mean_lo.mutable_data(), var.mutable_data(), inv_std.mutable_data()});
             save.add("mean", mean);
             save.add("mean_lo", mean_lo);
             save.add("inv_std", inv_std);
             return out;
           },
       .vjp = [view](const Saved<T>& s, const Tensor<T>& dy) -> std::vector<Tensor<T>> {
         const Tensor<T>* scale = s.find("gamma");
         Tensor<T> dx = s.needs_gradient("x") ? Tensor<T>::uninitialized(dy.shape()) : Tensor<T>();
         Tensor<T> dgamma = Tensor<T>::uninitialized({view.channels});
         Tensor<T> dbeta = Tensor<T>::uninitialized({view.channels});
         kernels::batch_norm_backward<T>(view, s["x"].data(), dy.data(), scale ? scale->data() : nullptr,
                                         s["mean"].data(), s["mean_lo"].data(), s["inv_std"].data(),
                                         dx ? dx.mutable_data() : nullptr, dgamma.mutable_data(),
                                         dbeta.mutable_data());
         std::vector<Tensor<T>> cotangents;
         cotangents.reserve(3);
         cotangents.push_back(std::move(dx));
         if (scale) cotangents.push_back(std::move(dgamma));
         if (s.find("beta")) cotangents.push_back(std::move(dbeta));
         return cotangents;
       },
       .staged =
           [layout, eps = options.eps, has_gamma, has_beta](std::span<const Var<T>> in) {
             const OptionalVar<T> g = has_gamma ? OptionalVar<T>(in[1]) : std::nullopt;
             const OptionalVar<T> b = has_beta ? OptionalVar<T>(in[has_gamma ? 2 : 1]) : std::nullopt;
             return batch_norm_in_ops<T>(layout, in[0], g, b, eps, Centring::twice).y;
           },
       .text = [has_gamma, has_beta] { return closed_form_text(has_gamma, has_beta); }});
  label(y, "y");
  return {std::move(y), std::move(mean), std::move(var), std::move(inv_std)};
}

template <class T>
fused::BatchNormTerms<T> fused::batch_norm_terms(const Tensor<T>& x,
                                                 std::type_identity_t<std::optional<Tensor<T>>> gamma,
                                                 const Tensor<T>& dy, BatchNormOptions options) {
  const BatchLayout layout =
      training_layout<Tensor<T>>("batch_norm", x.shape(), gamma, std::nullopt, options);
  expect_shape("batch_norm_terms", "dy", dy.shape(), x.shape());
  const kernels::ChannelView view = layout.view;
  const T* scale = gamma ? gamma->data() : nullptr;
  const auto channels = static_cast<std::size_t>(view.channels);
  std::vector<T> mean(channels), mean_lo(channels), var(channels), inv_std(channels), dgamma(channels),
      dbeta(channels);
  BatchNormTerms<T> terms{Tensor<T>::uninitialized(x.shape()), Tensor<T>::uninitialized(x.shape()),
                          Tensor<T>::uninitialized(x.shape())};
  T* direct = terms.direct.mutable_data();
  T* by_mean = terms.mean.mutable_data();
  T* by_variance = terms.variance.mutable_data();
  kernels::batch_norm_forward<T>(view, x.data(), scale, nullptr, static_cast<T>(options.eps),
                                 direct,  // y: overwritten
                                 {mean.data(), mean_lo.data(), var.data(), inv_std.data()});
  kernels::batch_norm_backward<T>(view, x.data(), dy.data(), scale, mean.data(), mean_lo.data(),
                                  inv_std.data(), nullptr, dgamma.data(), dbeta.data());
  const T n = static_cast<T>(view.count());
  for (Index i = 0; i < x.size(); ++i) {
    const Index channel = i / view.inner % view.channels;
    const auto c = static_cast<std::size_t>(channel);
    const T g_inv_std = (scale ? scale[channel] : T(1)) * inv_std[c];
    const T xhat = ((x[i] - mean[c]) - mean_lo[c]) * inv_std[c];
    direct[i] = g_inv_std * dy[i];
    by_mean[i] = -g_inv_std * dbeta[c] / n;
    by_variance[i] = -g_inv_std * xhat * dgamma[c] / n;
  }
  return terms;
}

#define WENGERT_INSTANTIATE(T)                                                                              \
  template BatchNormResult<T> staged::batch_norm(Var<T>, OptionalVar<T>, OptionalVar<T>, BatchNormOptions); \
  template BatchNormResult<T> fused::batch_norm(Var<T>, OptionalVar<T>, OptionalVar<T>, BatchNormOptions);  \
  template fused::BatchNormTerms<T> fused::batch_norm_terms(const Tensor<T>&, std::optional<Tensor<T>>,     \
                                                            const Tensor<T>&, BatchNormOptions);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
