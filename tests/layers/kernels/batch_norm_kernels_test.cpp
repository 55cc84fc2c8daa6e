// SPDX-License-Identifier: MIT
// The vector kernels against the scalar reference in long double, for every instruction set that the machine
// has.
#include <layers/kernels/batch_norm.h>
#include <layers/kernels/batch_norm_reference.h>
#include <tests/layers/kernels/batch_norm_problem.h>
#include <tests/layers/kernels/each_target.h>
#include <tests/support/catch.h>

#include <limits>
#include <utility>

namespace wengert::test {
namespace {

using kernels::ChannelView;

// Odd extents, narrow and wide rows, short and long runs, one tile and many, one chunk and many; columns that
// are small, and those just too many for it.
const std::vector<ChannelView> views = {
    {1, 35, 1},   {5, 17, 1},    {64, 16, 1},  {64, 127, 1}, {65, 31, 1},   {64, 129, 1},   {9, 1000, 1},
    {2, 1, 1},    {2, 3, 1},     {37, 3, 1},   {37, 31, 1},  {37, 129, 1},  {1000, 3, 1},   {300, 33, 1},
    {130, 64, 1}, {700, 100, 1}, {5000, 7, 1}, {3, 1000, 1}, {64, 3, 4},    {50, 5, 7},     {3, 31, 3},
    {1, 5, 2},    {1, 7, 49},    {2, 31, 323}, {8, 5, 196},  {3, 2, 20011}, {1, 2, 300000}, {4000, 3, 33},
};

const auto run_simd = [](const auto& in) {
  return run_batch_norm(
      in, [](auto... a) { kernels::batch_norm_forward(a...); },
      [](auto... a) { kernels::batch_norm_backward(a...); });
};

const auto run_reference = [](const auto& in) {
  return run_batch_norm(
      in, [](auto... a) { kernels::reference::batch_norm_forward(a...); },
      [](auto... a) { kernels::reference::batch_norm_backward(a...); });
};

// Of the largest element, in epsilons of T: a result has a few roundings of T, a sum within a tile some more.
constexpr double allowed_element = 4, allowed_sum = 8;

template <class T>
void check_close(const BatchNormInputs<T>& in, const BatchNormOutputs<T>& got,
                 const BatchNormOutputs<long double>& expected) {
  CHECK(error_in_epsilons(got.y, expected.y) < allowed_element);
  CHECK(error_in_epsilons(got.mean_hi, expected.mean_hi) < allowed_sum);
  CHECK(error_in_epsilons(got.var, expected.var) < allowed_sum);
  CHECK(error_in_epsilons(got.inv_std, expected.inv_std) < allowed_sum);
  CHECK(error_in_epsilons(got.dx, expected.dx, terms_of_dx(in, expected)) < allowed_element);
  CHECK(error_in_epsilons(got.dgamma, expected.dgamma) < allowed_sum);
  CHECK(error_in_epsilons(got.dbeta, expected.dbeta) < allowed_sum);
}

// Channel 0 begins with zeros, far from its mean, and the others do not.
template <class T>
void start_with_zeros(BatchNormInputs<T>& in) {
  const ChannelView v = in.view;
  for (Index i = 0; i < std::min(Index{300}, v.count() / 2); ++i)
    in.x[static_cast<std::size_t>(i / v.inner * v.channels * v.inner + i % v.inner)] = 0;
}

}  // namespace

TEMPLATE_TEST_CASE("batch_norm kernels: every target agrees with the reference on odd shapes",
                   "[layers][kernels]", float, double) {
  for (const ChannelView view : views) {
    for (const std::size_t offset : {0u, 1u}) {
      const auto in = random_inputs<TestType>(view, 3, 0.5, offset);
      const auto expected = run_reference(in.template as<long double>());
      for_each_target([&] {
        CAPTURE(view, offset);
        check_close(in, run_simd(in), expected);
      });
    }
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: a mean of 1e4 costs no accuracy", "[layers][kernels]", float,
                   double) {
  for (const ChannelView view : views) {
    const auto in = random_inputs<TestType>(view, 1e4);
    const auto expected = run_reference(in.template as<long double>());
    for_each_target([&] {
      CAPTURE(view);
      check_close(in, run_simd(in), expected);
    });
  }
}

TEST_CASE("batch_norm kernels: float32 errors relative to the largest answer", "[layers][kernels]") {
  const double epsilon = static_cast<double>(std::numeric_limits<float>::epsilon());
  for (const ChannelView view :
       {ChannelView{1024, 64, 1}, ChannelView{16, 16, 1024}, ChannelView{65536, 16, 1}}) {
    for (const auto& [mean, allowed] : {std::pair{0.0, 5e-7}, std::pair{1e4, 1e-5}}) {
      const auto in = random_inputs<float>(view, mean);
      const auto expected = run_reference(in.as<long double>());
      const auto got = run_simd(in);
      CAPTURE(view, mean);
      CHECK(error_in_epsilons(got.y, expected.y) * epsilon <= allowed);
      CHECK(error_in_epsilons(got.dx, expected.dx) * epsilon <= allowed);
      CHECK(error_in_epsilons(got.dgamma, expected.dgamma) * epsilon <= allowed);
      CHECK(error_in_epsilons(got.dbeta, expected.dbeta) * epsilon <= allowed);
    }
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: data that start far from their mean cost no accuracy",
                   "[layers][kernels]", float, double) {
  for (const ChannelView view :
       {ChannelView{5000, 7, 1}, ChannelView{700, 100, 1}, ChannelView{2, 3, 20011}}) {
    auto in = random_inputs<TestType>(view, 1e3);
    std::fill_n(in.x.begin(), in.size() / 100, TestType{0});
    const auto expected = run_reference(in.template as<long double>());
    CAPTURE(view);
    check_close(in, run_simd(in), expected);
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: runs that end far from their mean cost no accuracy",
                   "[layers][kernels]", float, double) {
  for (const ChannelView view :
       {ChannelView{16, 2, 8193}, ChannelView{16, 2, 16385}, ChannelView{3, 2, 32769}}) {
    auto in = random_inputs<TestType>(view, 1e3);
    const auto run = static_cast<std::size_t>(view.inner);
    for (std::size_t end = run; end <= in.size(); end += run) in.x[end - 1] = 970;
    const auto expected = run_reference(in.template as<long double>());
    for_each_target([&] {
      CAPTURE(view);
      check_close(in, run_simd(in), expected);
    });
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: tensors past the size of a cache are no less accurate, also in place",
                   "[layers][kernels]", float, double) {
  for (const ChannelView view :
       {ChannelView{9, 4099, 1}, ChannelView{19, 2051, 1}, ChannelView{300, 4096, 1},
        ChannelView{600, 4096, 1}, ChannelView{1030, 35, 1}, ChannelView{40000, 67, 1},
        ChannelView{8, 64, 2500}, ChannelView{3000, 2, 17}}) {
    auto in = random_inputs<TestType>(view, 3);
    const auto got = run_simd(in);
    CAPTURE(view);
    check_close(in, got, run_reference(in.template as<long double>()));

    auto s = got;
    kernels::batch_norm_backward<TestType>(view, in.x.data(), in.dy.data(), in.gamma.data(), s.mean_hi.data(),
                                           s.mean_lo.data(), s.inv_std.data(), in.dy.data(), s.dgamma.data(),
                                           s.dbeta.data());
    kernels::batch_norm_forward<TestType>(
        view, in.x.data(), in.gamma.data(), in.beta.data(), in.eps, in.x.data(),
        {s.mean_hi.data(), s.mean_lo.data(), s.var.data(), s.inv_std.data()});
    CHECK(in.x == got.y);
    CHECK(in.dy == got.dx);
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: a constant channel gives beta exactly", "[layers][kernels]", float,
                   double) {
  for (const ChannelView view : views) {
    auto in = random_inputs<TestType>(view);
    std::fill(in.x.begin(), in.x.end(), static_cast<TestType>(12345.678));
    for_each_target([&] {
      const auto got = run_simd(in);
      bool exact = true;
      for (std::size_t i = 0; i < in.size(); ++i) {
        exact = exact && got.y[i] == in.beta[i / static_cast<std::size_t>(view.inner) % in.channels()];
      }
      CAPTURE(view);
      CHECK(exact);
    });
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: the bits do not depend on the threads", "[layers][kernels]", float,
                   double) {
  for (const ChannelView view :
       {ChannelView{3000, 129, 1}, ChannelView{5000, 129, 1}, ChannelView{130, 2048, 1},
        ChannelView{601, 1031, 1}, ChannelView{100000, 3, 1}, ChannelView{4, 3, 70000},
        ChannelView{8, 31, 4001}, ChannelView{4, 64, 1100}}) {
    for (const bool starts_far : {false, true}) {
      auto in = random_inputs<TestType>(view, 1e3);
      if (starts_far) start_with_zeros(in);
      const auto one = [&] {
        const Threads threads(1);
        return run_simd(in);
      }();
      for (const int n : {2, 3, 4}) {
        const Threads threads(n);
        CAPTURE(view, starts_far, n);
        CHECK(run_simd(in) == one);
      }
    }
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: y may be x, and dx may be dy", "[layers][kernels]", float, double) {
  for (const ChannelView view : views) {
    auto in = random_inputs<TestType>(view);
    for_each_target([&] {
      const auto expected = run_simd(in);
      auto x = in.x;
      auto dy = in.dy;
      auto out = expected;
      kernels::batch_norm_backward<TestType>(view, x.data(), dy.data(), in.gamma.data(), out.mean_hi.data(),
                                             out.mean_lo.data(), out.inv_std.data(), dy.data(), nullptr,
                                             nullptr);
      kernels::batch_norm_forward<TestType>(
          view, x.data(), in.gamma.data(), in.beta.data(), in.eps, x.data(),
          {out.mean_hi.data(), out.mean_lo.data(), out.var.data(), out.inv_std.data()});
      CAPTURE(view);
      CHECK(x == expected.y);
      CHECK(dy == expected.dx);
    });
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: without y they give the statistics alone", "[layers][kernels]", float,
                   double, long double) {
  for (const ChannelView view : {ChannelView{37, 31, 1}, ChannelView{130, 31, 1}, ChannelView{2, 5, 49}}) {
    const auto in = random_inputs<TestType>(view, 3);
    const auto expected = run_simd(in);
    auto got = expected;
    std::fill(got.mean_hi.begin(), got.mean_hi.end(), TestType{0});
    std::fill(got.var.begin(), got.var.end(), TestType{0});
    kernels::batch_norm_forward<TestType>(
        view, in.x.data(), in.gamma.data(), in.beta.data(), in.eps, nullptr,
        {got.mean_hi.data(), got.mean_lo.data(), got.var.data(), got.inv_std.data()});
    CHECK(got == expected);
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: without gamma and beta they are 1 and 0", "[layers][kernels]", float,
                   double) {
  for (const ChannelView view : {ChannelView{37, 31, 1}, ChannelView{130, 31, 1}, ChannelView{2, 5, 49}}) {
    auto in = random_inputs<TestType>(view);
    std::fill(in.gamma.begin(), in.gamma.end(), TestType{1});
    std::fill(in.beta.begin(), in.beta.end(), TestType{0});
    const auto expected = run_simd(in);
    const auto got = run_batch_norm(
        in,
        [](ChannelView v, auto x, auto, auto, auto eps, auto y, auto statistics) {
          kernels::batch_norm_forward<TestType>(v, x, nullptr, nullptr, eps, y, statistics);
        },
        [](ChannelView v, auto x, auto dy, auto, auto hi, auto lo, auto inv_std, auto dx, auto dgamma,
           auto dbeta) {
          kernels::batch_norm_backward<TestType>(v, x, dy, nullptr, hi, lo, inv_std, dx, dgamma, dbeta);
        });
    CHECK(got == expected);
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: gradients that nobody asked for are left out", "[layers][kernels]",
                   float, double) {
  for (const ChannelView view : {ChannelView{37, 31, 1}, ChannelView{130, 31, 1}, ChannelView{2, 5, 49}}) {
    const auto in = random_inputs<TestType>(view);
    const auto expected = run_simd(in);
    auto got = expected;
    std::fill(got.dgamma.begin(), got.dgamma.end(), TestType{0});
    kernels::batch_norm_backward<TestType>(view, in.x.data(), in.dy.data(), in.gamma.data(),
                                           got.mean_hi.data(), got.mean_lo.data(), got.inv_std.data(),
                                           nullptr, got.dgamma.data(), nullptr);
    CHECK(got == expected);
  }
}

TEMPLATE_TEST_CASE("batch_norm kernels: a NaN or an infinity stays in its channel", "[layers][kernels]",
                   float, double) {
  for (const ChannelView view :
       {ChannelView{37, 31, 1}, ChannelView{130, 31, 1}, ChannelView{1000, 3, 1}, ChannelView{2, 5, 49}}) {
    auto in = random_inputs<TestType>(view);
    const auto clean = run_simd(in);
    const auto inner = static_cast<std::size_t>(view.inner);
    for (const TestType bad :
         {std::numeric_limits<TestType>::infinity(), std::numeric_limits<TestType>::quiet_NaN()}) {
      in.x[inner] = bad;  // the first element of channel 1
      for_each_target([&] {
        const auto target_clean = [&] {
          auto good = in;
          good.x[inner] = TestType{1};
          return run_simd(good);
        }();
        const auto got = run_simd(in);
        bool confined = true;
        for (std::size_t i = 0; i < in.size(); ++i) {
          const bool hit = i / inner % in.channels() == 1;
          confined = confined && (hit ? !std::isfinite(got.y[i]) && !std::isfinite(got.dx[i])
                                      : got.y[i] == target_clean.y[i] && got.dx[i] == target_clean.dx[i]);
        }
        CAPTURE(view, bad);
        CHECK(confined);
      });
    }
  }
}

}  // namespace wengert::test
