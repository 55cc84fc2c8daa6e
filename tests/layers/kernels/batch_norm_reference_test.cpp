// SPDX-License-Identifier: MIT
#include <layers/kernels/batch_norm_reference.h>
#include <tests/layers/kernels/batch_norm_problem.h>
#include <tests/support/catch.h>

#include <limits>

namespace wengert::test {
namespace {

using kernels::ChannelView;

const auto run_reference = [](const auto& in) {
  return run_batch_norm(
      in, [](auto... a) { kernels::reference::batch_norm_forward(a...); },
      [](auto... a) { kernels::reference::batch_norm_backward(a...); });
};

const auto small_views = {ChannelView{2, 3, 1}, ChannelView{37, 5, 1}, ChannelView{1, 7, 9},
                          ChannelView{3, 4, 15}};

}  // namespace

TEMPLATE_TEST_CASE("batch_norm reference: float and double agree with long double to two roundings",
                   "[layers][kernels]", float, double) {
  for (const ChannelView view : small_views) {
    for (const double mean : {0.0, 1e4}) {
      CAPTURE(view, mean);
      const auto in = random_inputs<TestType>(view, mean);
      const auto got = run_reference(in);
      const auto expected = run_reference(in.template as<long double>());
      // inv_std is rounded between the passes, so dx has its own rounding and that one.
      const double rounding = 1.5;
      CHECK(error_in_epsilons(got.y, expected.y) < rounding);
      CHECK(error_in_epsilons(got.mean_hi, expected.mean_hi) < rounding);
      CHECK(error_in_epsilons(got.var, expected.var) < rounding);
      CHECK(error_in_epsilons(got.inv_std, expected.inv_std) < rounding);
      CHECK(error_in_epsilons(got.dx, expected.dx, terms_of_dx(in, expected)) < rounding);
      CHECK(error_in_epsilons(got.dgamma, expected.dgamma) < rounding);
      CHECK(error_in_epsilons(got.dbeta, expected.dbeta) < rounding);
    }
  }
}

TEMPLATE_TEST_CASE("batch_norm reference: mean_lo holds what mean_hi rounds away", "[layers][kernels]", float,
                   double) {
  const auto in = random_inputs<TestType>({37, 5, 1}, 1e4);
  const auto got = run_reference(in);
  const auto expected = run_reference(in.template as<long double>());
  for (std::size_t c = 0; c < in.channels(); ++c) {
    const long double mean = static_cast<long double>(got.mean_hi[c]) + got.mean_lo[c];
    const long double error = std::abs(mean - (expected.mean_hi[c] + expected.mean_lo[c]));
    CHECK(error <=
          1e4L * std::numeric_limits<TestType>::epsilon() * std::numeric_limits<TestType>::epsilon());
  }
}

TEMPLATE_TEST_CASE("batch_norm reference: a constant channel gives beta, and no variance",
                   "[layers][kernels]", float, double, long double) {
  auto in = random_inputs<TestType>({7, 3, 5});
  std::fill(in.x.begin(), in.x.end(), static_cast<TestType>(12345.678));
  const auto got = run_reference(in);
  for (std::size_t i = 0; i < in.size(); ++i) REQUIRE(got.y[i] == in.beta[i / 5 % 3]);
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(got.mean_hi[c] == static_cast<TestType>(12345.678));
    CHECK(got.mean_lo[c] == 0);
    CHECK(got.var[c] == 0);
  }
}

}  // namespace wengert::test
