// SPDX-License-Identifier: MIT
#include <autodiff/compare/directions.h>
#include <autodiff/compare/gradient_check.h>
#include <autodiff/ops.h>

#include <algorithm>
#include <limits>

namespace wengert {
namespace {

template <class T>
bool all_finite(const Tensor<T>& x) {
  return std::ranges::all_of(x.values(), [](T v) { return std::isfinite(v); });
}

// Largest |a − b| relative to the root mean square of a.
template <class T>
double distance(const Tensor<T>& a, const Tensor<T>& b) {
  long double squares = 0;
  double most = 0;
  for (Index i = 0; i < a.size(); ++i) {
    squares += static_cast<long double>(a[i]) * static_cast<long double>(a[i]);
    most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  const auto rms =
      static_cast<double>(std::sqrt(squares / static_cast<long double>(std::max<Index>(a.size(), 1))));
  return most == 0 ? 0 : most / rms;
}

// What makes the question itself void, for all inputs.
template <class T, class V>
std::optional<InputCheck> no_question(const CheckedFunction<T, V>& f, std::uint64_t seed) {
  constexpr double rounding = 1000 * static_cast<double>(std::numeric_limits<T>::epsilon());
  InputCheck check;
  check.verdict = Verdict::undecided;
  if (!all_finite(f.value())) {
    check.reason = "the value is not finite";
    return check;
  }
  const FormRun<T> first = f.run(), second = f.run();
  if (!all_finite(first.y.value())) {
    check.reason = "the value is not finite";
    return check;
  }
  const double apart = std::max(distance(first.y.value(), second.y.value()),
                                distance(f.value(), f.value_at(0, f.input(0).clone())));
  if (apart > rounding) {
    check.reason = "the value differs from run to run on the same numbers: not a function of its inputs";
    return check;
  }
  const Tensor<T> dy = random_cotangent<T>(first.y.shape(), seed);
  const std::vector<Tensor<T>> a = first.gradients(dy), b = second.gradients(dy);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!all_finite(a[i]) || distance(a[i], b[i]) <= rounding) continue;
    check.verdict = Verdict::fail;
    check.reason = "the gradient differs from run to run, the value does not: it cannot be right both times";
    return check;
  }
  return std::nullopt;
}

template <class T, class V>
InputCheck check_input(const CheckedFunction<T, V>& f, std::size_t i,
                       const GradientCheckOptions<T>& options) {
  InputCheck check;
  const std::uint64_t seed = options.seed * 1'000'003 + 7919 * i;
  for (int d = 0; d < std::max(options.directions, 1); ++d) {
    const std::uint64_t own = seed + 104'729 * static_cast<std::uint64_t>(d);
    const Tensor<T> dy = options.cotangent ? options.cotangent : random_cotangent<T>(f.value().shape(), own);
    check_direction(f, i, dy, own + 1, check);
  }
  if (check.verdict == Verdict::pass && check.control_of_allowance <= 1) {
    check.verdict = Verdict::undecided;
    check.reason = "rounding and the differences leave too much open: a gradient off by 1e-3 would pass";
  }
  const bool small =
      f.input(i).size() <= options.jacobian_elements && f.value().size() <= options.jacobian_elements;
  if (small && check.verdict != Verdict::fail && !options.cotangent) check_jacobian(f, i, seed + 2, check);
  return check;
}

template <class T, class V>
std::vector<InputCheck> check_all(const Layer<T>& form, const Layer<V>& values,
                                  const std::vector<NamedTensor<T>>& inputs,
                                  const GradientCheckOptions<T>& options) {
  const CheckedFunction<T, V> f(form, values, inputs);
  if (options.cotangent)
    expect_shape("check_gradient", "the cotangent", options.cotangent.shape(), f.value().shape());
  const std::optional<InputCheck> none = no_question(f, options.seed);
  std::vector<InputCheck> checks;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    checks.push_back(none ? *none : check_input(f, i, options));
    checks.back().input = inputs[i].name;
  }
  return checks;
}

// x -> Σ <v, vjp(dy)> for a fixed random dy and v: its gradient is a second derivative.
template <class T>
Layer<T> differentiated(Layer<T> form, std::uint64_t seed) {
  if (!form) return {};
  return [form = std::move(form), seed](std::span<const Var<T>> given) {
    Tape<T> own;
    std::vector<Var<T>> in;
    for (const Var<T>& x : given) in.push_back(x.on_tape() ? x : own.leaf(x.value()));
    const Var<T> y = form(in);
    Var<T> total(Tensor<T>::scalar(T(0)));
    if (!y.on_tape()) return total;
    // Numbers of float, so that every type differentiates the same function.
    const auto fixed = [&](const Shape& shape, std::uint64_t stream) {
      return random_normal<float>(shape, stream).template cast<T>();
    };
    const Gradients<T> grads = backward(y, Var<T>(fixed(y.shape(), seed)), {.record = true, .wrt = in});
    for (std::size_t i = 0; i < in.size(); ++i)
      total = total + sum(grads.var(in[i]) * Var<T>(fixed(in[i].shape(), seed + 1 + i)));
    return total;
  };
}

template <class T>
std::vector<InputCheck> check_form(const Layer<T>& narrow, const Layer<Wider<T>>& wide,
                                   const std::vector<NamedTensor<T>>& inputs,
                                   const GradientCheckOptions<T>& options) {
  return wide ? check_all<T, Wider<T>>(narrow, wide, inputs, options)
              : check_all<T, T>(narrow, narrow, inputs, options);
}

template <class T>
std::string type_name() {
  return std::is_same_v<T, float> ? "float32" : std::is_same_v<T, double> ? "float64" : "float80";
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  return verdict == Verdict::pass ? "pass" : verdict == Verdict::fail ? "fail" : "undecided";
}

template <class T>
GradientCheck check_gradient(const LayerForm<T>& f, const std::vector<NamedTensor<T>>& inputs,
                             GradientCheckOptions<T> options) {
  if (inputs.empty()) throw ValueError("check_gradient: no inputs came, expected at least one");
  GradientCheck out;
  out.evaluated_in = f.wide() ? type_name<Wider<T>>() : type_name<T>();
  out.inputs = check_form(f.narrow(), f.wide(), inputs, options);
  if (options.second_order) {
    GradientCheckOptions<T> second = options;
    second.cotangent = Tensor<T>();
    const std::uint64_t seed = options.seed + 77;
    out.second_order =
        check_form(differentiated(f.narrow(), seed), differentiated(f.wide(), seed), inputs, second);
  }
  out.verdict = Verdict::pass;
  const auto weigh = [&](const InputCheck& check, const std::string& order) {
    const bool worse = check.verdict == Verdict::fail
                           ? out.verdict != Verdict::fail
                           : check.verdict == Verdict::undecided && out.verdict == Verdict::pass;
    if (!worse) return;
    out.verdict = check.verdict;
    out.reason = order + check.input + ": " + check.reason;
  };
  for (const InputCheck& check : out.inputs) weigh(check, "");
  for (const InputCheck& check : out.second_order) weigh(check, "second order by ");
  return out;
}

template GradientCheck check_gradient(const LayerForm<float>&, const std::vector<NamedTensor<float>>&,
                                      GradientCheckOptions<float>);
template GradientCheck check_gradient(const LayerForm<double>&, const std::vector<NamedTensor<double>>&,
                                      GradientCheckOptions<double>);

}  // namespace wengert
