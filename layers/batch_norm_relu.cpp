// SPDX-License-Identifier: MIT
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <layers/batch_layout.h>
#include <layers/batch_norm_relu.h>
#include <layers/kernels/channel_maps.h>

#include <string>

namespace wengert {
namespace {

FusedText closed_form_text(bool gamma, bool beta) {
  const std::string g = gamma ? "γ" : "";
  FusedText text;
  text.forward = {{{"μ, σ²  over all axes but the channel's", ""}},
                  {{"z = " + g + " x̂" + (beta ? " + β" : "") + ",  x̂ = (x − μ)/√(σ² + ε)", ""}},
                  {{"y = max(z, 0)", ""}}};
  text.backward = {{{"∂z = ∂y where z > 0, z again from x", ""}},
                   {{"∂β = Σ ∂z,   ∂γ = Σ x̂ ⊙ ∂z", ""}},
                   {{"∂x = " + g + "r/N · ( ", ""},
                    {"N ∂z", "direct"},
                    {" − ", ""},
                    {"∂β", "mean"},
                    {" − ", ""},
                    {"x̂ ∂γ", "variance"},
                    {" )", ""}}};
  return text;
}

template <class T>
const T* data_or_null(const Tensor<T>* tensor) {
  return tensor == nullptr ? nullptr : tensor->data();
}

}  // namespace

template <class T>
BatchNormResult<T> staged::batch_norm_relu(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                           BatchNormOptions options) {
  training_layout("batch_norm_relu", x.shape(), gamma, beta, options);
  expect_one_tape("batch_norm_relu", x, gamma, beta);
  BatchNormResult<T> result = staged::batch_norm<T>(std::move(x), std::move(gamma), std::move(beta), options);
  result.y = relu(std::move(result.y));
  return result;
}

template <class T>
BatchNormResult<T> fused::batch_norm_relu(Var<T> x, OptionalVar<T> gamma, OptionalVar<T> beta,
                                          BatchNormOptions options) {
  const BatchLayout layout = training_layout("batch_norm_relu", x.shape(), gamma, beta, options);
  const kernels::ChannelView view = layout.view;
  const bool has_gamma = gamma.has_value();
  const bool has_beta = beta.has_value();
  std::vector<NamedVar<T>> inputs{{"x", x}};
  if (gamma) inputs.push_back({"gamma", *gamma});
  if (beta) inputs.push_back({"beta", *beta});

  const auto channel_values = [&] { return Tensor<T>::uninitialized(layout.channels); };
  Tensor<T> mean = channel_values(), mean_lo = channel_values(), var = channel_values(),
            inv_std = channel_values();
  Var<T> y = fuse<T>(
      {.op = "batch_norm_relu",
       .inputs = std::move(inputs),
       .forward =
           [&](Saved<T>& save) {
             Tensor<T> out = Tensor<T>::uninitialized(x.shape());
             const T* scale = gamma ? gamma->value().data() : nullptr;
             const T* shift = beta ? beta->value().data() : nullptr;
             kernels::batch_norm_forward<T>(
                 view, x.value().data(), scale, shift, static_cast<T>(options.eps), out.mutable_data(),
                 {mean.mutable_data(), mean_lo.mutable_data(), var.mutable_data(), inv_std.mutable_data()});
             // z once more, by the arithmetic that the gate of the gradient uses: they never disagree.
             kernels::channel_affine_relu<T>(view, x.value().data(),
                                             {mean.data(), mean_lo.data(), inv_std.data(), scale, shift},
                                             out.mutable_data());
             save.add("mean", mean);
             save.add("mean_lo", mean_lo);
             save.add("inv_std", inv_std);
             return out;
           },
       .vjp = [view](const Saved<T>& s, const Tensor<T>& dy) -> std::vector<Tensor<T>> {
         const Tensor<T>* scale = s.find("gamma");
         const Tensor<T>* shift = s.find("beta");
         Tensor<T> dx = Tensor<T>::uninitialized(dy.shape());  // dz first, then dx in its place
         Tensor<T> dgamma = Tensor<T>::uninitialized({view.channels});
         Tensor<T> dbeta = Tensor<T>::uninitialized({view.channels});
         T* dz = dx.mutable_data();
         kernels::channel_relu_gate<T>(view, s["x"].data(),
                                       {s["mean"].data(), s["mean_lo"].data(), s["inv_std"].data(),
                                        data_or_null(scale), data_or_null(shift)},
                                       dy.data(), dz);
         kernels::batch_norm_backward<T>(view, s["x"].data(), dz, data_or_null(scale), s["mean"].data(),
                                         s["mean_lo"].data(), s["inv_std"].data(),
                                         s.needs_gradient("x") ? dz : nullptr, dgamma.mutable_data(),
                                         dbeta.mutable_data());
         std::vector<Tensor<T>> cotangents{s.needs_gradient("x") ? std::move(dx) : Tensor<T>()};
         if (scale) cotangents.push_back(std::move(dgamma));
         if (shift) cotangents.push_back(std::move(dbeta));
         return cotangents;
       },
       .staged =
           [options, has_gamma, has_beta](std::span<const Var<T>> in) {
             const OptionalVar<T> g = has_gamma ? OptionalVar<T>(in[1]) : std::nullopt;
             const OptionalVar<T> b = has_beta ? OptionalVar<T>(in[has_gamma ? 2 : 1]) : std::nullopt;
             return staged::batch_norm_relu<T>(in[0], g, b, options).y;
           },
       .text = [has_gamma, has_beta] { return closed_form_text(has_gamma, has_beta); }});
  label(y, "y");
  return {std::move(y), std::move(mean), std::move(var), std::move(inv_std)};
}

#define WENGERT_INSTANTIATE(T)                                                                \
  template BatchNormResult<T> staged::batch_norm_relu(Var<T>, OptionalVar<T>, OptionalVar<T>, \
                                                      BatchNormOptions);                      \
  template BatchNormResult<T> fused::batch_norm_relu(Var<T>, OptionalVar<T>, OptionalVar<T>,  \
                                                     BatchNormOptions);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
