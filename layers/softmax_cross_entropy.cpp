// SPDX-License-Identifier: MIT
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <layers/kernels/softmax_cross_entropy.h>
#include <layers/softmax_cross_entropy.h>

#include <cmath>
#include <limits>
#include <string>

namespace wengert {
namespace {

constexpr const char* op = "softmax_cross_entropy";

void expect_logits(const Shape& logits) {
  if (logits.rank() == 2 && logits.size() > 0) return;
  throw ShapeError(std::string(op) + ": logits has shape " + to_string(logits) +
                   ", expected [N, K] with at least one sample and one class");
}

// The classes as numbers of T, [N]: a tensor like any other that a node keeps.
template <class T>
Tensor<T> checked_classes(const Shape& logits, std::span<const std::int64_t> classes) {
  expect_logits(logits);
  expect_shape(op, "classes", Shape{static_cast<Index>(classes.size())}, Shape{logits[0]});
  if (logits[1] > Index{1} << std::min(std::numeric_limits<T>::digits, 62))
    throw ShapeError(std::string(op) + ": logits has shape " + to_string(logits) +
                     ", more classes than its type can count");
  Tensor<T> out = Tensor<T>::uninitialized({logits[0]});
  T* to = out.mutable_data();
  for (std::size_t n = 0; n < classes.size(); ++n) {
    if (classes[n] < 0 || classes[n] >= logits[1]) {
      throw ValueError(std::string(op) + ": classes[" + std::to_string(n) + "] is " +
                       std::to_string(classes[n]) + ", expected a class from 0 to " +
                       std::to_string(logits[1] - 1));
    }
    to[n] = static_cast<T>(classes[n]);
  }
  return out;
}

template <class T>
void expect_distributions(const Shape& logits, const Tensor<T>& targets) {
  expect_logits(logits);
  expect_shape(op, "targets", targets.shape(), logits);
  // Room for the rounding of a softmax that somebody else computed.
  const double slack =
      64 * static_cast<double>(std::numeric_limits<T>::epsilon()) * std::sqrt(static_cast<double>(logits[1]));
  for (Index n = 0; n < logits[0]; ++n) {
    double sum = 0;
    for (Index k = 0; k < logits[1]; ++k) {
      const double weight = static_cast<double>(targets[n * logits[1] + k]);
      if (!(weight >= 0)) {
        throw_value(op, "targets[" + std::to_string(n) + ", " + std::to_string(k) + "]", weight,
                    "a number >= 0");
      }
      sum += weight;
    }
    if (!(std::abs(sum - 1) <= slack))
      throw_value(op, "the sum of targets[" + std::to_string(n) + "]", sum, "1");
  }
}

template <class T>
Tensor<T> one_hot(const Shape& logits, const Tensor<T>& classes) {
  Tensor<T> out = Tensor<T>::zeros(logits);
  T* to = out.mutable_data();
  for (Index n = 0; n < logits[0]; ++n) to[n * logits[1] + static_cast<Index>(classes[n])] = T(1);
  return out;
}

template <class T>
Var<T> reduced(Var<T> losses, Reduction reduction) {
  if (reduction == Reduction::mean) return mean(std::move(losses));
  if (reduction == Reduction::sum) return sum(std::move(losses));
  return losses;
}

// The shift is a constant: lse does not depend on it, so nothing flows through the maximum.
template <class T>
Var<T> staged_form(const Var<T>& logits, const Tensor<T>& targets, Reduction reduction) {
  const auto layer = scope(logits, op);
  const Var<T> row_max = max(Var<T>(logits.value()), {1}, keep_dims);
  const Var<T> shifted = logits - row_max;
  label(shifted, "x − m");
  const Var<T> log_sum = log(sum(exp(shifted), {1}, keep_dims));
  label(log_sum, "ln Σ e^(x − m)");
  const Var<T> log_p = shifted - log_sum;
  label(log_p, "log p");
  // Nothing is expected of a class of weight 0, whose logit may be −∞.
  const Var<T> weights(targets);
  const Var<T> counted = select(weights, log_p, Var<T>(Tensor<T>::scalar(T(0))));
  return reduced(-sum(weights * counted, {1}), reduction);
}

template <class T>
kernels::Targets<T> targets_of(const Tensor<T>& targets) {
  const bool classes = targets.shape().rank() == 1;
  return {classes ? targets.data() : nullptr, classes ? nullptr : targets.data()};
}

// The cotangent of every sample's loss.
template <class T>
Tensor<T> spread(const Tensor<T>& dy, Index samples, Reduction reduction) {
  if (reduction == Reduction::none) return dy;
  return Tensor<T>::full({samples},
                         reduction == Reduction::mean ? dy.item() / static_cast<T>(samples) : dy.item());
}

// The lines on the card of the fused node in a drawing.
FusedText closed_form_text() {
  FusedText text;
  text.forward = {{{"log p = x − m − ln Σ e^(x − m),  m = max x", ""}}, {{"loss = −Σ t log p", ""}}};
  text.backward = {{{"∂x = (p − t) ∂loss", ""}}};
  return text;
}

// targets: [N] classes or [N, K]. They are an input of the node that needs no gradient.
template <class T>
Var<T> fused_form(const Var<T>& logits, const Tensor<T>& targets, Reduction reduction) {
  const Index samples = logits.shape()[0], classes = logits.shape()[1];
  const bool one_class = targets.shape().rank() == 1;
  const char* name = one_class ? "classes" : "targets";
  return fuse<T>({.op = op,
                  .inputs = {{"logits", logits}, {name, Var<T>(targets)}},
                  .forward =
                      [&](Saved<T>& save) {
                        Tensor<T> losses = Tensor<T>::uninitialized({samples});
                        Tensor<T> row_max = Tensor<T>::uninitialized({samples});
                        Tensor<T> log_sum = Tensor<T>::uninitialized({samples});
                        kernels::softmax_cross_entropy_forward<T>(
                            samples, classes, logits.value().data(), targets_of(targets),
                            losses.mutable_data(), {row_max.mutable_data(), log_sum.mutable_data()});
                        save.add("row_max", row_max);
                        save.add("log_sum", log_sum);
                        return reduced(Var<T>(std::move(losses)), reduction).value();
                      },
                  .vjp = [samples, classes, reduction, name](const Saved<T>& s,
                                                             const Tensor<T>& dy) -> std::vector<Tensor<T>> {
                    Tensor<T> dx = Tensor<T>::uninitialized({samples, classes});
                    kernels::softmax_cross_entropy_backward<T>(
                        samples, classes, s["logits"].data(), targets_of(s[name]), s["row_max"].data(),
                        s["log_sum"].data(), spread(dy, samples, reduction).data(), dx.mutable_data());
                    return {std::move(dx), Tensor<T>()};
                  },
                  .staged =
                      [reduction, one_class](std::span<const Var<T>> in) {
                        const Tensor<T>& t = in[1].value();
                        return staged_form(in[0], one_class ? one_hot(in[0].shape(), t) : t, reduction);
                      },
                  .text = closed_form_text});
}

}  // namespace

template <class T>
Var<T> staged::softmax_cross_entropy(Var<T> logits, std::span<const std::int64_t> classes,
                                     Reduction reduction) {
  return staged_form(logits, one_hot(logits.shape(), checked_classes<T>(logits.shape(), classes)), reduction);
}

template <class T>
Var<T> staged::softmax_cross_entropy(Var<T> logits, const Tensor<T>& targets, Reduction reduction) {
  expect_distributions(logits.shape(), targets);
  return staged_form(logits, targets, reduction);
}

template <class T>
Var<T> fused::softmax_cross_entropy(Var<T> logits, std::span<const std::int64_t> classes,
                                    Reduction reduction) {
  return fused_form(logits, checked_classes<T>(logits.shape(), classes), reduction);
}

template <class T>
Var<T> fused::softmax_cross_entropy(Var<T> logits, const Tensor<T>& targets, Reduction reduction) {
  expect_distributions(logits.shape(), targets);
  return fused_form(logits, targets, reduction);
}

#define WENGERT_INSTANTIATE(T)                                                                     \
  template Var<T> staged::softmax_cross_entropy(Var<T>, std::span<const std::int64_t>, Reduction); \
  template Var<T> staged::softmax_cross_entropy(Var<T>, const Tensor<T>&, Reduction);              \
  template Var<T> fused::softmax_cross_entropy(Var<T>, std::span<const std::int64_t>, Reduction);  \
  template Var<T> fused::softmax_cross_entropy(Var<T>, const Tensor<T>&, Reduction);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
