// SPDX-License-Identifier: MIT
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <layers/linear.h>

#include <string>

namespace wengert {
namespace {

template <class T>
void expect_linear(const Var<T>& x, const Var<T>& weight, const OptionalVar<T>& bias) {
  if (weight.shape().rank() != 2)
    throw ShapeError("linear: weight has shape " + to_string(weight.shape()) + ", expected [out, in]");
  if (x.shape().rank() != 2 || x.shape()[1] != weight.shape()[1]) {
    throw ShapeError("linear: x has shape " + to_string(x.shape()) + ", expected [N, " +
                     std::to_string(weight.shape()[1]) + "] for a weight of shape " +
                     to_string(weight.shape()));
  }
  if (bias) expect_shape("linear", "bias", bias->shape(), {weight.shape()[0]});
}

// The ops; on constants just the numbers.
template <class T>
Var<T> affine(const Var<T>& x, const Var<T>& weight, const OptionalVar<T>& bias) {
  Var<T> y = matmul(x, transpose(weight));
  if (bias) y = std::move(y) + *bias;
  return y;
}

template <class T>
Var<T> without_history(const Var<T>& v) {
  return Var<T>(v.value());
}

}  // namespace

template <class T>
Var<T> staged::linear(Var<T> x, Var<T> weight, OptionalVar<T> bias) {
  expect_linear(x, weight, bias);
  const auto layer = scope(x.on_tape() ? x : weight, "linear");
  return affine(x, weight, bias);
}

namespace {

// The lines on the card of the fused node in a drawing.
FusedText closed_form_text(bool bias) {
  FusedText text;
  text.forward = {{{bias ? "y = x Wᵀ + b" : "y = x Wᵀ", ""}}};
  text.backward = {{{"∂x = ∂y W,   ∂W = ∂yᵀ x", ""}}};
  if (bias) text.backward.push_back({{"∂b = Σ ∂y", ""}});
  return text;
}

}  // namespace

template <class T>
Var<T> fused::linear(Var<T> x, Var<T> weight, OptionalVar<T> bias) {
  expect_linear(x, weight, bias);
  std::vector<NamedVar<T>> inputs{{"x", x}, {"weight", weight}};
  if (bias) inputs.push_back({"bias", *bias});
  return fuse<T>(
      {.op = "linear",
       .inputs = std::move(inputs),
       .forward =
           [&](Saved<T>&) {
             const OptionalVar<T> shift = bias ? OptionalVar<T>(without_history(*bias)) : std::nullopt;
             return affine(without_history(x), without_history(weight), shift).value();
           },
       .vjp = [](const Saved<T>& s, const Tensor<T>& dy) -> std::vector<Tensor<T>> {
         const Var<T> cotangent(dy);
         std::vector<Tensor<T>> out(2);
         if (s.needs_gradient("x")) out[0] = matmul(cotangent, Var<T>(s["weight"])).value();
         if (s.needs_gradient("weight")) out[1] = matmul(transpose(cotangent), Var<T>(s["x"])).value();
         if (s.find("bias")) out.push_back(sum(cotangent, {0}).value());
         return out;
       },
       .staged =
           [](std::span<const Var<T>> in) {
             return staged::linear<T>(in[0], in[1], in.size() > 2 ? OptionalVar<T>(in[2]) : std::nullopt);
           },
       .text = [with_bias = bias.has_value()] { return closed_form_text(with_bias); }});
}

#define WENGERT_INSTANTIATE(T)                                    \
  template Var<T> staged::linear(Var<T>, Var<T>, OptionalVar<T>); \
  template Var<T> fused::linear(Var<T>, Var<T>, OptionalVar<T>);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
