// SPDX-License-Identifier: MIT
#include <tests/layers/norm_case.h>
#include <tests/support/all_close.h>
#include <tests/support/tolerances.h>

#include <cmath>

using namespace wengert;
using namespace wengert::test;

namespace {

// A rounding in the sums of n terms, and what 1/√var makes of it.
template <class T>
constexpr double norm_rounding = rounding<T>(64);

template <class T>
struct Answer {
  NormOutput<T> output;
  Tensors<T> gradients;
};

template <class T>
Answer<T> answer(const NormCase& c, bool fused, const Tensors<T>& values, const Tensor<T>& dy) {
  Tape<T> tape;
  const std::vector<Var<T>> in = leaves(tape, values);
  Answer<T> out{run_norm<T>(c, fused, in), {}};
  const auto grads = backward(out.output.y, dy);
  for (const Var<T>& v : in) out.gradients.push_back(grads[v]);
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("norms: staged and fused agree on every layout and every cotangent", "[layers][norms]",
                   float, double, long double) {
  using T = TestType;
  for (NormCase c : norm_cases) {
    for (const int affine : {0, 1, 2, 3}) {
      c.gamma = (affine & 1) != 0;
      c.beta = (affine & 2) != 0;
      INFO(to_string(c));
      const auto values = norm_inputs<T>(c);
      const auto dy = Random(7).tensor<T>(c.shape);
      const Answer<T> many = answer<T>(c, false, values, dy), one = answer<T>(c, true, values, dy);
      CHECK_THAT(one.output.y.value(), AllClose(many.output.y.value(), norm_rounding<T>));
      for (std::size_t i = 0; i < one.output.statistics.size(); ++i) {
        CHECK_THAT(one.output.statistics[i], AllClose(many.output.statistics[i], norm_rounding<T>));
      }
      REQUIRE(one.gradients.size() == many.gradients.size());
      for (std::size_t i = 0; i < one.gradients.size(); ++i) {
        CHECK_THAT(one.gradients[i], AllClose(many.gradients[i], norm_rounding<T>));
      }
    }
  }
}

TEMPLATE_TEST_CASE("norms: the value is that of the formula, whose groups follow from the indices",
                   "[layers][norms]", float, double) {
  using T = TestType;
  for (const NormCase& c : norm_cases) {
    const auto in = norm_inputs<T>(c);
    const Tensor<T>& x = in[0];
    const auto groups = static_cast<std::size_t>(place_of(c, x.size() - 1).group + 1);
    const auto of = [&](Index i) { return static_cast<std::size_t>(place_of(c, i).group); };
    const long double n = static_cast<long double>(x.size()) / static_cast<long double>(groups);
    std::vector<long double> mean(groups, 0), var(groups, 0);
    for (Index i = 0; c.layer != "rms_norm" && i < x.size(); ++i) mean[of(i)] += x[i] / n;
    for (Index i = 0; i < x.size(); ++i) var[of(i)] += (x[i] - mean[of(i)]) * (x[i] - mean[of(i)]) / n;
    for (const bool fused : {false, true}) {
      INFO(to_string(c) << (fused ? " fused" : " staged"));
      std::vector<Var<T>> constants;
      for (const Tensor<T>& t : in) constants.emplace_back(t);
      const NormOutput<T> out = run_norm<T>(c, fused, constants);
      REQUIRE(out.statistics.back().size() == static_cast<Index>(groups));
      double worst = 0;
      for (Index i = 0; i < x.size(); ++i) {
        const Place at = place_of(c, i);
        const auto g = of(i);
        const long double inv_std = 1 / std::sqrt(var[g] + static_cast<long double>(c.eps));
        const long double beta = c.has_beta() ? in[2][at.parameter] : 0;
        const long double y = in[1][at.parameter] * (x[i] - mean[g]) * inv_std + beta;
        worst = std::max(worst, static_cast<double>(std::abs(out.y.value()[i] - y)));
        worst = std::max(worst,
                         static_cast<double>(std::abs(out.statistics.back()[at.group] - inv_std) / inv_std));
      }
      CHECK(worst < norm_rounding<T>);
    }
  }
}

TEST_CASE("norms: gradients hold against differences to third order", "[layers][norms]") {
  NormCase c = GENERATE(from_range(norm_cases));
  c.eps = 1e-2;
  INFO(to_string(c));
  const Tensors<double> at = norm_inputs<double>(c);
  const auto many = norm_function<double>(c, false), one = norm_function<double>(c, true);
  CHECK(directional_error(one, at) < finite_difference);
  CHECK(directional_error(many, at) < finite_difference);
  CHECK(directional_error(differentiated(one), at) < finite_difference);
  CHECK(directional_error(differentiated(many), at) < finite_difference);
  CHECK(directional_error(differentiated(differentiated(one)), at) < finite_difference);
}

TEST_CASE("norms: a second derivative through the fused node equals that through the stages",
          "[layers][norms]") {
  for (const NormCase& c : norm_cases) {
    INFO(to_string(c));
    const Tensors<double> at = norm_inputs<double>(c);
    const Tensor<double> dy = Tensor<double>::scalar(1);
    const auto got = vjp_of(differentiated(norm_function<double>(c, true)), at, dy);
    const auto expected = vjp_of(differentiated(norm_function<double>(c, false)), at, dy);
    for (std::size_t i = 0; i < at.size(); ++i)
      CHECK_THAT(got[i], AllClose(expected[i], norm_rounding<double>));
  }
}

TEST_CASE("norms: dx sums to zero over a group, and along xhat to what eps leaves", "[layers][norms]") {
  for (NormCase c : norm_cases) {
    c.eps = 0.25;
    const auto in = norm_inputs<double>(c);
    const auto dy = Random(7).tensor<double>(c.shape);
    for (const bool fused : {false, true}) {
      INFO(to_string(c) << (fused ? " fused" : " staged"));
      const Answer<double> a = answer<double>(c, fused, in, dy);
      const Tensor<double>& inv_std = a.output.statistics.back();
      const auto groups = static_cast<std::size_t>(inv_std.size());
      std::vector<double> sum_dx(groups, 0), along(groups, 0), expected(groups, 0);
      for (Index i = 0; i < dy.size(); ++i) {
        const Place at = place_of(c, i);
        const auto g = static_cast<std::size_t>(at.group);
        const double mean = c.layer == "rms_norm" ? 0 : a.output.statistics[0][at.group];
        const double xhat = (in[0][i] - mean) * inv_std[at.group];
        sum_dx[g] += a.gradients[0][i];
        along[g] += a.gradients[0][i] * xhat;
        // inv_std²·eps is eps/(var + eps)
        expected[g] += std::pow(inv_std[at.group], 3) * c.eps * in[1][at.parameter] * dy[i] * xhat;
      }
      for (std::size_t g = 0; g < groups; ++g) {
        CHECK(std::abs(along[g] - expected[g]) < norm_rounding<double>);
        if (c.layer != "rms_norm") CHECK(std::abs(sum_dx[g]) < norm_rounding<double>);
      }
    }
  }
}
