// SPDX-License-Identifier: MIT
#include <layers/batch_norm.h>
#include <tests/support/all_close.h>
#include <tests/support/differences.h>
#include <tests/support/tolerances.h>

#include <cmath>

using namespace wengert;
using namespace wengert::test;

namespace {

struct Case {
  const char* name;
  Shape shape;
  int channel_axis;
};

// Odd extents, one value in the middle axes, one channel, two values a channel.
const std::vector<Case> cases = {
    {"NC", {7, 3}, 1},          {"NCL", {3, 2, 5}, 1},      {"NCHW", {2, 3, 5, 7}, 1},
    {"NHWC", {2, 5, 3, 4}, -1}, {"[D, N]", {3, 7}, 0},      {"NCDHW", {2, 3, 1, 2, 3}, 1},
    {"two values", {2, 5}, 1},  {"one channel", {9, 1}, 1}, {"no channel", {3, 0}, 1}};

// Which of gamma and beta are there.
struct Affine {
  bool gamma, beta;
};

template <class T>
struct Problem {
  Tensor<T> x, gamma, beta, dy;
  Affine affine;
  BatchNormOptions options;
};

template <class T>
Problem<T> problem(const Case& c, Affine affine = {true, true}, double eps = 1e-5) {
  Random random(101);
  const Shape channels{c.shape[c.channel_axis < 0 ? c.shape.rank() - 1 : c.channel_axis]};
  return {random.tensor<T>(c.shape, -1, 3),
          random.tensor<T>(channels, -2, 2),
          random.tensor<T>(channels),
          random.tensor<T>(c.shape),
          affine,
          {.eps = eps, .channel_axis = c.channel_axis}};
}

template <class T>
struct Answer {
  BatchNormResult<T> result;
  Tensors<T> gradients;  // of x, gamma, beta, as far as they are there
};

constexpr auto staged_form = [](auto&&... a) { return staged::batch_norm(std::forward<decltype(a)>(a)...); };
constexpr auto fused_form = [](auto&&... a) { return fused::batch_norm(std::forward<decltype(a)>(a)...); };

template <class T, class Form>
Answer<T> answer(Form form, const Problem<T>& p) {
  Tape<T> tape;
  std::vector<Var<T>> in{tape.leaf(p.x, "x")};
  std::optional<Var<T>> gamma, beta;
  if (p.affine.gamma) in.push_back(*(gamma = tape.leaf(p.gamma, "gamma")));
  if (p.affine.beta) in.push_back(*(beta = tape.leaf(p.beta, "beta")));
  Answer<T> out{form(in[0], gamma, beta, p.options), {}};
  const auto grads = backward(out.result.y, p.dy);
  for (const Var<T>& v : in) out.gradients.push_back(grads[v]);
  return out;
}

// x, gamma and beta in, y out.
template <class T, class Form>
Function<T> function_of(Form form, BatchNormOptions options) {
  return [form, options](Vars<T> in) { return form(in[0], in[1], in[2], options).y; };
}

Tensor<double> doubled(const Tensor<double>& x, double factor, double shift) {
  return (Var<double>(x) * factor + shift).value();
}

// A rounding in the sums of N terms, and what 1/√var makes of it.
template <class T>
constexpr double norm_rounding = rounding<T>(16);

}  // namespace

TEMPLATE_TEST_CASE("batch_norm: staged and fused agree on every layout and every cotangent",
                   "[layers][batch_norm]", float, double, long double) {
  using T = TestType;
  const Affine affine =
      GENERATE(Affine{true, true}, Affine{true, false}, Affine{false, true}, Affine{false, false});
  for (const Case& c : cases) {
    INFO(c.name << (affine.gamma ? " gamma" : "") << (affine.beta ? " beta" : ""));
    const Problem<T> p = problem<T>(c, affine);
    const Answer<T> many = answer(staged_form, p), one = answer(fused_form, p);
    CHECK_THAT(one.result.y.value(), AllClose(many.result.y.value(), norm_rounding<T>));
    CHECK_THAT(one.result.mean, AllClose(many.result.mean, norm_rounding<T>));
    CHECK_THAT(one.result.var, AllClose(many.result.var, norm_rounding<T>));
    CHECK_THAT(one.result.inv_std, AllClose(many.result.inv_std, norm_rounding<T>));
    REQUIRE(one.gradients.size() == many.gradients.size());
    for (std::size_t i = 0; i < one.gradients.size(); ++i) {
      CHECK_THAT(one.gradients[i], AllClose(many.gradients[i], norm_rounding<T>));
    }
  }
}

TEST_CASE("batch_norm: gradients hold against differences to third order", "[layers][batch_norm]") {
  const Case c = GENERATE(from_range(cases));
  INFO(c.name);
  const auto p = problem<double>(c, {true, true}, 1e-2);
  const Tensors<double> at{p.x, p.gamma, p.beta};
  const auto many = function_of<double>(staged_form, p.options),
             one = function_of<double>(fused_form, p.options);
  CHECK(directional_error(one, at) < finite_difference);
  CHECK(directional_error(many, at) < finite_difference);
  CHECK(directional_error(differentiated(one), at) < finite_difference);
  CHECK(directional_error(differentiated(many), at) < finite_difference);
  CHECK(directional_error(differentiated(differentiated(one)), at) < finite_difference);
}

TEST_CASE("batch_norm: a second derivative through the fused node equals that through the stages",
          "[layers][batch_norm]") {
  const Case c = GENERATE(from_range(cases));
  const auto p = problem<double>(c);
  const Tensors<double> at{p.x, p.gamma, p.beta};
  const auto one = differentiated(function_of<double>(fused_form, p.options));
  const auto many = differentiated(function_of<double>(staged_form, p.options));
  const Tensor<double> dy = Tensor<double>::scalar(1);
  const auto got = vjp_of(one, at, dy), expected = vjp_of(many, at, dy);
  for (std::size_t i = 0; i < at.size(); ++i)
    CHECK_THAT(got[i], AllClose(expected[i], norm_rounding<double>));
}

TEMPLATE_TEST_CASE("batch_norm: the value is that of the formula, one channel at a time",
                   "[layers][batch_norm]", float, double) {
  using T = TestType;
  const auto p = problem<T>({"NCHW", {2, 3, 5, 7}, 1});
  const auto many = answer(staged_form, p).result, one = answer(fused_form, p).result;
  for (Index c = 0; c < 3; ++c) {
    long double mean = 0, var = 0;
    const auto each = [&](auto visit) {
      for (Index n = 0; n < 2; ++n) {
        for (Index i = 0; i < 35; ++i) visit((n * 3 + c) * 35 + i);
      }
    };
    each([&](Index i) { mean += p.x[i] / 70.0L; });
    each([&](Index i) { var += (p.x[i] - mean) * (p.x[i] - mean) / 70.0L; });
    const long double inv_std = 1 / std::sqrt(var + 1e-5L);
    for (const auto* form : {&many, &one}) {
      CHECK(std::abs(static_cast<double>(form->mean[c] - mean)) < norm_rounding<T>);
      CHECK(std::abs(static_cast<double>(form->var[c] - var)) < norm_rounding<T>);
      CHECK(std::abs(static_cast<double>(form->inv_std[c] - inv_std)) < norm_rounding<T>);
      each([&](Index i) {
        const long double y = p.gamma[c] * (p.x[i] - mean) * inv_std + p.beta[c];
        if (!(std::abs(static_cast<double>(form->y.value()[i] - y)) < norm_rounding<T>)) FAIL("y at " << i);
      });
    }
  }
}

TEST_CASE("batch_norm: y does not change when x is shifted, nor, without eps, when it is scaled",
          "[layers][batch_norm]") {
  const auto p = problem<double>({"NC", {7, 3}, 1}, {true, true}, 0);
  for (const auto& form :
       {function_of<double>(staged_form, p.options), function_of<double>(fused_form, p.options)}) {
    const Tensor<double> y = value_of(form, {p.x, p.gamma, p.beta});
    CHECK_THAT(value_of(form, {doubled(p.x, 1, 100), p.gamma, p.beta}), AllClose(y, rounding<double>(1000)));
    CHECK_THAT(value_of(form, {doubled(p.x, 37, 0), p.gamma, p.beta}), AllClose(y, norm_rounding<double>));
    CHECK_THAT(value_of(form, {doubled(p.x, -2, 0), p.gamma, doubled(p.beta, -1, 0)}),
               AllClose(doubled(y, -1, 0), norm_rounding<double>));
  }
}

TEST_CASE("batch_norm: dx sums to zero over a channel, and along xhat to what eps leaves",
          "[layers][batch_norm]") {
  const auto p = problem<double>({"NC", {7, 3}, 1}, {true, true}, 0.25);
  for (const bool one_node : {false, true}) {
    const Answer<double> a = one_node ? answer(fused_form, p) : answer(staged_form, p);
    for (Index c = 0; c < 3; ++c) {
      double sum_dx = 0, sum_dx_xhat = 0, sum_g_xhat = 0;
      for (Index i = c; i < 21; i += 3) {
        const double xhat = (p.x[i] - a.result.mean[c]) * a.result.inv_std[c];
        sum_dx += a.gradients[0][i];
        sum_dx_xhat += a.gradients[0][i] * xhat;
        sum_g_xhat += p.gamma[c] * p.dy[i] * xhat;
      }
      const double left = a.result.inv_std[c] * 0.25 / (a.result.var[c] + 0.25) * sum_g_xhat;
      CHECK(std::abs(sum_dx) < norm_rounding<double>);
      CHECK(std::abs(sum_dx_xhat - left) < norm_rounding<double>);
    }
  }
}
