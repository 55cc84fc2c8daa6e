// SPDX-License-Identifier: MIT
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <autodiff/record.h>
#include <layers/group_norm_forms.h>
#include <layers/kernels/group_norm_reference.h>

#include <vector>

namespace wengert {
namespace {

template <class T>
void check_arguments(const GroupLayout& layout, const Var<T>& x, const OptionalVar<T>& gamma,
                     const OptionalVar<T>& beta) {
  std::vector<const Var<T>*> inputs{&x};
  if (gamma) {
    expect_shape(layout.op, "gamma", gamma->shape(), layout.parameter);
    inputs.push_back(&*gamma);
  }
  if (beta) {
    expect_shape(layout.op, "beta", beta->shape(), layout.parameter);
    inputs.push_back(&*beta);
  }
  common_tape<T>(layout.op, inputs);
}

template <class T>
Var<T> reshaped(Var<T> x, const Shape& shape) {
  return x.shape() == shape ? x : reshape(std::move(x), shape);
}

}  // namespace

// Small ops, and the tape does the rest. What x reaches y through is marked.
template <class T>
GroupNormed<T> staged_group_form(const GroupLayout& layout, Var<T> x, OptionalVar<T> gamma,
                                 OptionalVar<T> beta, double eps, Centring centring) {
  check_arguments<T>(layout, x, gamma, beta);
  const Axes reduced{std::span<const int>(layout.reduced)};
  const Shape shape = x.shape();
  const Var<T> on_tape = x.on_tape() || !gamma ? x : *gamma;
  const auto layer = scope(on_tape, layout.op);
  Var<T> mu, centred, var, inv_std, y;
  if (layout.centred) {
    const auto stage = scope(on_tape, "mean");
    x = reshaped(std::move(x), layout.grouped);
    mu = mean(x, reduced, keep_dims);
    label(mu, "μ");
    mark(mu, "mean");
    centred = std::move(x) - mu;
    if (centring == Centring::twice) centred = centred_again(std::move(centred), reduced);
    label(centred, "c");
  } else {
    centred = reshaped(std::move(x), layout.grouped);
  }
  {
    const auto stage = scope(on_tape, layout.centred ? "variance" : "mean_square");
    Var<T> squared = square(centred);
    label(squared, layout.centred ? "c²" : "x²");
    var = mean(std::move(squared), reduced, keep_dims);
    label(var, layout.centred ? "σ²" : "m");
    mark(var, layout.centred ? "variance" : "mean_square");
  }
  {
    const auto stage = scope(on_tape, "normalise");
    Var<T> shifted = var + static_cast<T>(eps);
    label(shifted, layout.centred ? "σ² + ε" : "m + ε");
    Var<T> std = sqrt(std::move(shifted));
    label(std, "s");
    inv_std = reciprocal(std::move(std));
    label(inv_std, "r");
    y = std::move(centred) * inv_std;
    label(y, "x̂");
    y = reshaped(std::move(y), shape);
  }
  const auto stage = scope(on_tape, "affine");
  if (gamma) {
    y = std::move(y) * reshaped(*std::move(gamma), layout.broadcast);
    label(y, "γ·x̂");
  }
  if (beta) y = std::move(y) + reshaped(*std::move(beta), layout.broadcast);
  label(y, "y");
  const auto statistic = [&](const Var<T>& v) { return v.value().reshaped(layout.statistics); };
  return {std::move(y), layout.centred ? statistic(mu) : Tensor<T>(), statistic(var), statistic(inv_std)};
}

namespace {

// The lines on the card of the fused node in a drawing.
FusedText closed_form_text(const GroupLayout& layout, bool gamma, bool beta) {
  const std::string g = gamma ? "γ" : "";
  const std::string x = layout.centred ? "(x − μ)" : "x";
  FusedText text;
  text.forward = {{{(layout.centred ? "μ, σ²  over " : "m = mean of x²  over ") + layout.over, ""}},
                  {{layout.centred ? "r = 1/√(σ² + ε)" : "r = 1/√(m + ε)", ""}},
                  {{"y = " + g + " x̂" + (beta ? " + β" : "") + ",  x̂ = " + x + " r", ""}}};
  if (gamma || beta) {
    text.backward.push_back({{std::string(beta ? "∂β = Σ ∂y" : "") + (gamma && beta ? ",   " : "") +
                                  (gamma ? "∂γ = Σ x̂ ⊙ ∂y" : ""),
                              ""}});
  }
  const std::string dy = gamma ? "g" : "∂y";
  FormulaLine line{{"∂x = r/n · ( ", ""}, {"n " + dy, "direct"}};
  if (layout.centred) {
    line.push_back({" − ", ""});
    line.push_back({"Σ " + dy, "mean"});
  }
  line.push_back({" − ", ""});
  line.push_back({"x̂ Σ x̂ " + dy, layout.centred ? "variance" : "mean_square"});
  line.push_back({gamma ? " ),  g = γ ∂y" : " )", ""});
  text.backward.push_back(std::move(line));
  return text;
}

template <class T>
const T* data_or_null(const Tensor<T>* tensor) {
  return tensor == nullptr ? nullptr : tensor->data();
}

}  // namespace

template <class T>
GroupNormed<T> fused_group_form(const GroupLayout& layout, Var<T> x, OptionalVar<T> gamma,
                                OptionalVar<T> beta, double eps) {
  check_arguments<T>(layout, x, gamma, beta);
  const kernels::GroupView view = layout.view;
  const bool has_gamma = gamma.has_value();
  const bool has_beta = beta.has_value();
  std::vector<NamedVar<T>> inputs{{"x", x}};
  if (gamma) inputs.push_back({"gamma", *gamma});
  if (beta) inputs.push_back({"beta", *beta});

  const auto statistic = [&] { return Tensor<T>::uninitialized(layout.statistics); };
  Tensor<T> mean, mean_lo, var = statistic(), inv_std = statistic();
  if (layout.centred) mean = statistic(), mean_lo = statistic();
  const auto forward = [&](Saved<T>& save) {
    Tensor<T> out = Tensor<T>::uninitialized(x.shape());
    kernels::group_norm_forward<T>(
        view, x.value().data(), gamma ? gamma->value().data() : nullptr,
        beta ? beta->value().data() : nullptr, static_cast<T>(eps), out.mutable_data(),
        {layout.centred ? mean.mutable_data() : nullptr, layout.centred ? mean_lo.mutable_data() : nullptr,
         var.mutable_data(), inv_std.mutable_data()});
    if (layout.centred) {
      save.add("mean", mean);
      save.add("mean_lo", mean_lo);
    }
    save.add(layout.centred ? "inv_std" : "inv_rms", inv_std);
    return out;
  };
  const auto vjp = [view, centred = layout.centred, parameter = layout.parameter](
                       const Saved<T>& s, const Tensor<T>& dy) -> std::vector<Tensor<T>> {
    const Tensor<T>* scale = s.find("gamma");
    Tensor<T> dx = s.needs_gradient("x") ? Tensor<T>::uninitialized(dy.shape()) : Tensor<T>();
    Tensor<T> dgamma, dbeta;
    if (scale) dgamma = Tensor<T>::uninitialized(parameter);
    if (s.find("beta")) dbeta = Tensor<T>::uninitialized(parameter);
    kernels::group_norm_backward<T>(
        view, s["x"].data(), dy.data(), data_or_null(scale), data_or_null(s.find("mean")),
        data_or_null(s.find("mean_lo")), s[centred ? "inv_std" : "inv_rms"].data(),
        dx ? dx.mutable_data() : nullptr, dgamma ? dgamma.mutable_data() : nullptr,
        dbeta ? dbeta.mutable_data() : nullptr);
    std::vector<Tensor<T>> cotangents{std::move(dx)};
    if (scale) cotangents.push_back(std::move(dgamma));
    if (s.find("beta")) cotangents.push_back(std::move(dbeta));
    return cotangents;
  };
  const auto staged = [layout, eps, has_gamma, has_beta](std::span<const Var<T>> in) {
    const OptionalVar<T> g = has_gamma ? OptionalVar<T>(in[1]) : std::nullopt;
    const OptionalVar<T> b = has_beta ? OptionalVar<T>(in[has_gamma ? 2 : 1]) : std::nullopt;
    return staged_group_form<T>(layout, in[0], g, b, eps, Centring::twice).y;
  };
  Var<T> y = fuse<T>(
      {.op = layout.op,
       .inputs = std::move(inputs),
       .forward = forward,
       .vjp = vjp,
       .staged = staged,
       .text = [layout, has_gamma, has_beta] { return closed_form_text(layout, has_gamma, has_beta); }});
  label(y, "y");
  return {std::move(y), std::move(mean), std::move(var), std::move(inv_std)};
}

template <class T>
GroupNormedTerms<T> group_form_terms(const GroupLayout& layout, const Tensor<T>& x, OptionalTensor<T> gamma,
                                     const Tensor<T>& dy, double eps) {
  if (gamma) expect_shape(layout.op, "gamma", gamma->shape(), layout.parameter);
  expect_shape(layout.op, "dy", dy.shape(), x.shape());
  const auto groups = static_cast<std::size_t>(layout.view.statistics());
  std::vector<T> mean(groups), mean_lo(groups), var(groups), inv_std(groups);
  T* const hi = layout.centred ? mean.data() : nullptr;
  T* const lo = layout.centred ? mean_lo.data() : nullptr;
  const T* scale = gamma ? gamma->data() : nullptr;
  const auto term = [&] { return Tensor<T>::uninitialized(x.shape()); };
  GroupNormedTerms<T> terms{term(), layout.centred ? term() : Tensor<T>(), term()};
  T* const y = terms.direct.mutable_data();  // overwritten
  kernels::group_norm_forward<T>(layout.view, x.data(), scale, nullptr, static_cast<T>(eps), y,
                                 {hi, lo, var.data(), inv_std.data()});
  kernels::reference::group_norm_terms<T>(
      layout.view, x.data(), dy.data(), scale, hi, lo, inv_std.data(),
      {terms.direct.mutable_data(), layout.centred ? terms.mean.mutable_data() : nullptr,
       terms.variance.mutable_data()});
  return terms;
}

#define WENGERT_INSTANTIATE(T)                                                                           \
  template GroupNormed<T> staged_group_form(const GroupLayout&, Var<T>, OptionalVar<T>, OptionalVar<T>,  \
                                            double, Centring);                                           \
  template GroupNormed<T> fused_group_form(const GroupLayout&, Var<T>, OptionalVar<T>, OptionalVar<T>,   \
                                           double);                                                      \
  template GroupNormedTerms<T> group_form_terms(const GroupLayout&, const Tensor<T>&, OptionalTensor<T>, \
                                                const Tensor<T>&, double);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
