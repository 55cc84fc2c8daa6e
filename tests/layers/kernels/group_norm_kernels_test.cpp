// SPDX-License-Identifier: MIT
// The vector kernels against the scalar reference in long double, for every instruction set that the machine
// has; and that reference against the formula, in tests/layers/norms_test.cpp.
#include <autodiff/memory.h>
#include <layers/kernels/group_norm.h>
#include <layers/kernels/group_norm_reference.h>
#include <tests/layers/kernels/batch_norm_problem.h>
#include <tests/layers/kernels/each_target.h>

#include <algorithm>
#include <limits>

namespace wengert::kernels {

inline std::ostream& operator<<(std::ostream& out, const GroupView& v) {
  return out << "[" << v.batch << ", " << v.outer << ", " << v.channels << ", " << v.inner << "] in "
             << v.groups;
}

}  // namespace wengert::kernels

namespace wengert::test {
namespace {

using kernels::GroupView;

struct Problem {
  GroupView view;
  bool centred = true;
};

// Rows shorter than a vector, of few whole vectors and of many, in one group and in more, fours of them and
// others; rows of one tile and of several, long ones by strips; one chunk and several. Channels in runs and
// in columns, few of them and many, one and several a group.
const std::vector<Problem> problems = {
    {{2, 1, 3, 1, 1}},           {{37, 1, 7, 1, 1}},          {{5, 1, 64, 1, 1}},
    {{130, 1, 129, 1, 1}},       {{3, 1, 9001, 1, 1}},        {{2100, 1, 5, 1, 1}},
    {{33, 1, 1000, 1, 1}},       {{1, 1, 300001, 1, 1}},      {{9, 1, 12, 1, 4}},
    {{35, 1, 102, 1, 3}},        {{2, 1, 6, 2, 3}},           {{2, 1, 6, 49, 2}},
    {{3, 1, 5, 323, 1}},         {{2, 1, 9, 20, 9}},          {{1, 1, 4, 20011, 2}},
    {{5, 1, 12, 17, 12}},        {{2, 9, 6, 1, 3}},           {{3, 37, 31, 1, 31}},
    {{2, 2, 128, 1, 4}},         {{2, 500, 3, 1, 1}},         {{1, 3001, 6, 1, 2}},
    {{2, 5, 4, 3, 2}},           {{2, 8, 33, 2, 3}},          {{3, 1, 7, 1, 1}, false},
    {{2, 45, 64, 1, 4}},         {{2, 37, 128, 1, 8}},        {{1, 700, 96, 1, 3}},
    {{21, 1, 16, 1, 1}},         {{36, 1, 32, 1, 1}},         {{19, 1, 48, 1, 1}},
    {{7, 1, 96, 1, 3}},          {{5, 1, 80, 1, 5}},          {{3, 1, 512, 1, 8}},
    {{9, 1, 5000, 1, 1}},        {{6, 1, 6000, 1, 2}},        {{9001, 1, 64, 1, 1}},
    {{37, 1, 64, 1, 1}, false},  {{9, 1, 5000, 1, 1}, false}, {{65, 1, 33, 1, 1}, false},
    {{3, 1, 9001, 1, 1}, false}, {{40, 1, 256, 1, 1}, false}};

template <class T>
struct Inputs {
  Problem problem;
  std::vector<T> x, dy, gamma, beta;
  T eps = static_cast<T>(1e-5);
  std::size_t offset = 0;  // elements before the first one: 1 leaves no vector aligned

  template <class U>
  Inputs<U> as() const {
    const auto cast = [](const std::vector<T>& v) { return std::vector<U>(v.begin(), v.end()); };
    return {problem, cast(x), cast(dy), cast(gamma), cast(beta), static_cast<U>(eps), offset};
  }
};

// The numbers of a batch normalisation with as many elements a channel.
template <class T>
Inputs<T> inputs(const Problem& problem, double mean = 3, std::size_t offset = 0) {
  const GroupView& v = problem.view;
  auto in = random_inputs<T>({v.batch * v.outer * v.inner, v.channels, 1}, mean, 0.5, offset);
  return {problem, std::move(in.x), std::move(in.dy), std::move(in.gamma), std::move(in.beta),
          in.eps,  offset};
}

template <class T>
struct Outputs {
  std::vector<T> y, mean_hi, mean_lo, var, inv_std, dx, dgamma, dbeta;

  friend bool operator==(const Outputs&, const Outputs&) = default;
};

template <class T>
auto at(const Inputs<T>& in, std::vector<T>& v) {
  return v.empty() ? nullptr : v.data() + in.offset;
}
template <class T>
auto at(const Inputs<T>& in, const std::vector<T>& v) {
  return v.empty() ? nullptr : v.data() + in.offset;
}

template <class T, class Forward, class Backward>
Outputs<T> run(const Inputs<T>& in, Forward forward, Backward backward) {
  const auto groups = static_cast<std::size_t>(in.problem.view.statistics()) + in.offset;
  const std::vector<T> statistic(groups), none, channels(in.gamma.size());
  const std::vector<T>& mean = in.problem.centred ? statistic : none;
  Outputs<T> out{in.x, mean, mean, statistic, statistic, in.x, channels, channels};
  forward(in.problem.view, at(in, in.x), at(in, in.gamma), at(in, in.beta), in.eps, at(in, out.y),
          kernels::GroupNormStatistics<T>{at(in, out.mean_hi), at(in, out.mean_lo), at(in, out.var),
                                          at(in, out.inv_std)});
  backward(in.problem.view, at(in, in.x), at(in, in.dy), at(in, in.gamma), at(in, std::as_const(out.mean_hi)),
           at(in, std::as_const(out.mean_lo)), at(in, std::as_const(out.inv_std)), at(in, out.dx),
           at(in, out.dgamma), at(in, out.dbeta));
  return out;
}

template <class T>
Outputs<T> run_simd(const Inputs<T>& in) {
  return run(in, kernels::group_norm_forward<T>, kernels::group_norm_backward<T>);
}

template <class T>
Outputs<T> run_reference(const Inputs<T>& in) {
  return run(in, kernels::reference::group_norm_forward<T>, kernels::reference::group_norm_backward<T>);
}

// Of the largest element, in epsilons of T: a result has a few roundings of T, a sum within a tile some more.
constexpr double allowed_element = 6, allowed_sum = 8;

template <class T>
void check_close(const Inputs<T>& in, const Outputs<T>& got, const Outputs<long double>& expected) {
  const double terms = largest(expected.inv_std) * largest(in.gamma) * largest(in.dy);
  CHECK(error_in_epsilons(got.y, expected.y) < allowed_element);
  CHECK(error_in_epsilons(got.mean_hi, expected.mean_hi) < allowed_sum);
  CHECK(error_in_epsilons(got.var, expected.var) < allowed_sum);
  CHECK(error_in_epsilons(got.inv_std, expected.inv_std) < allowed_sum);
  CHECK(error_in_epsilons(got.dx, expected.dx, terms) < allowed_element);
  CHECK(error_in_epsilons(got.dgamma, expected.dgamma) < allowed_sum);
  CHECK(error_in_epsilons(got.dbeta, expected.dbeta) < allowed_sum);
}

}  // namespace

TEMPLATE_TEST_CASE("group_norm kernels: every target agrees with the reference on odd shapes",
                   "[layers][kernels]", float, double) {
  for (const Problem& problem : problems) {
    for (const std::size_t offset : {0u, 1u}) {
      const auto in = inputs<TestType>(problem, 3, offset);
      const auto expected = run_reference(in.template as<long double>());
      for_each_target([&] {
        CAPTURE(problem.view, problem.centred, offset);
        check_close(in, run_simd(in), expected);
      });
    }
  }
}

TEMPLATE_TEST_CASE("group_norm kernels: whole lines past the caches agree with the reference",
                   "[layers][kernels]", float, double) {
  const Threads one(1);
  for (const GroupView& view : {GroupView{40000, 1, 16, 1, 1},
                                {20000, 1, 32, 1, 2},
                                {9001, 1, 64, 1, 1},
                                {600, 1, 1024, 1, 1},
                                {130, 1, 4096, 1, 1}}) {
    const auto in = inputs<TestType>({view});
    const auto expected = run_reference(in.template as<long double>());
    const Buffer buffer = Buffer::allocate(in.x.size() * sizeof(TestType));
    auto* const page = static_cast<TestType*>(buffer.data());
    for_each_target([&] {
      CAPTURE(view);
      const auto got = run(
          in,
          [&](const GroupView& v, const TestType* x, const TestType* gamma, const TestType* beta,
              TestType eps, TestType* y, kernels::GroupNormStatistics<TestType> statistics) {
            kernels::group_norm_forward<TestType>(v, x, gamma, beta, eps, page, statistics);
            std::copy_n(page, v.size(), y);
          },
          [&](const GroupView& v, const TestType* x, const TestType* dy, const TestType* gamma,
              const TestType* hi, const TestType* lo, const TestType* inv_std, TestType* dx, TestType* dgamma,
              TestType* dbeta) {
            kernels::group_norm_backward<TestType>(v, x, dy, gamma, hi, lo, inv_std, page, dgamma, dbeta);
            std::copy_n(page, v.size(), dx);
          });
      check_close(in, got, expected);
    });
  }
}

TEMPLATE_TEST_CASE("group_norm kernels: a mean of 1e4 costs no accuracy", "[layers][kernels]", float,
                   double) {
  for (const Problem& problem : problems) {
    if (!problem.centred) continue;
    const auto in = inputs<TestType>(problem, 1e4);
    CAPTURE(problem.view);
    check_close(in, run_simd(in), run_reference(in.template as<long double>()));
  }
}

TEMPLATE_TEST_CASE("group_norm kernels: the bits do not depend on the threads", "[layers][kernels]", float,
                   double) {
  for (const Problem& problem :
       {Problem{{300, 1, 1001, 1, 1}}, Problem{{110, 1, 3000, 1, 3}}, Problem{{300, 1, 1001, 1, 1}, false},
        Problem{{9, 1, 32, 1001, 8}}, Problem{{1, 1, 6, 50001, 3}}, Problem{{7, 1201, 33, 1, 11}},
        Problem{{7, 2401, 33, 1, 11}}}) {
    for (const bool starts_far : {false, true}) {
      auto in = inputs<TestType>(problem, 1e3);
      if (starts_far) std::fill_n(in.x.begin(), 100, TestType{0});
      const auto one = [&] {
        const Threads threads(1);
        return run_simd(in);
      }();
      for (const int n : {2, 3, 4}) {
        const Threads threads(n);
        CAPTURE(problem.view, starts_far, n);
        CHECK(run_simd(in) == one);
      }
    }
  }
}

TEMPLATE_TEST_CASE("group_norm kernels: the bits of a sample do not depend on its place in the batch",
                   "[layers][kernels]", float, double) {
  for (const Problem& problem : problems) {
    auto in = inputs<TestType>(problem);
    const auto sample = static_cast<std::ptrdiff_t>(problem.view.size() / problem.view.batch);
    for (auto* tensor : {&in.x, &in.dy}) {
      for (auto to = tensor->begin() + sample; to != tensor->end(); to += sample) {
        std::copy_n(tensor->begin(), sample, to);
      }
    }
    for_each_target([&] {
      const auto got = run_simd(in);
      CAPTURE(problem.view, problem.centred);
      for (const auto* tensor : {&got.y, &got.dx}) {
        CHECK(std::equal(tensor->begin() + sample, tensor->end(), tensor->begin()));
      }
    });
  }
}

TEMPLATE_TEST_CASE("group_norm kernels: outputs past the size of a cache are the same, also in place",
                   "[layers][kernels]", float, double) {
  for (const Problem& problem : {Problem{{520, 1, 1024, 1, 1}}, Problem{{521, 1, 1021, 1, 1}},
                                 Problem{{33, 1, 32, 1000, 4}}, Problem{{17, 1000, 64, 1, 8}}}) {
    for (const std::size_t offset : {0u, 1u}) {
      const auto in = inputs<TestType>(problem, 3, offset);
      const auto got = run_simd(in);
      CAPTURE(problem.view, offset);
      if (offset == 1) check_close(in, got, run_reference(in.template as<long double>()));
      auto x = in.x, dy = in.dy;
      auto out = got;
      kernels::group_norm_backward<TestType>(problem.view, at(in, in.x), at(in, dy), at(in, in.gamma),
                                             at(in, out.mean_hi), at(in, out.mean_lo), at(in, out.inv_std),
                                             at(in, dy), nullptr, nullptr);
      kernels::group_norm_forward<TestType>(
          problem.view, at(in, x), at(in, in.gamma), at(in, in.beta), in.eps, at(in, x),
          {at(in, out.mean_hi), at(in, out.mean_lo), at(in, out.var), at(in, out.inv_std)});
      CHECK(std::equal(at(in, x), x.data() + x.size(), at(in, got.y)));
      CHECK(std::equal(at(in, dy), dy.data() + dy.size(), at(in, got.dx)));
    }
  }
}

TEMPLATE_TEST_CASE("group_norm kernels: y may be x, and dx may be dy; what nobody asked for is left out",
                   "[layers][kernels]", float, double) {
  for (const Problem& problem : problems) {
    const auto in = inputs<TestType>(problem);
    for_each_target([&] {
      const auto expected = run_simd(in);
      auto x = in.x, dy = in.dy;
      auto out = expected;
      kernels::group_norm_backward<TestType>(problem.view, x.data(), dy.data(), in.gamma.data(),
                                             at(in, out.mean_hi), at(in, out.mean_lo), out.inv_std.data(),
                                             dy.data(), nullptr, nullptr);
      kernels::group_norm_forward<TestType>(
          problem.view, x.data(), in.gamma.data(), in.beta.data(), in.eps, x.data(),
          {at(in, out.mean_hi), at(in, out.mean_lo), out.var.data(), out.inv_std.data()});
      CAPTURE(problem.view);
      CHECK(x == expected.y);
      CHECK(dy == expected.dx);
    });
    auto got = run_simd(in);
    const auto expected = got;
    std::fill(got.dgamma.begin(), got.dgamma.end(), TestType{0});
    kernels::group_norm_backward<TestType>(problem.view, in.x.data(), in.dy.data(), in.gamma.data(),
                                           at(in, got.mean_hi), at(in, got.mean_lo), got.inv_std.data(),
                                           nullptr, got.dgamma.data(), nullptr);
    CHECK(got == expected);
  }
}

TEMPLATE_TEST_CASE("group_norm kernels: without gamma and beta they are 1 and 0", "[layers][kernels]", float,
                   double) {
  for (const Problem& problem : problems) {
    auto in = inputs<TestType>(problem);
    std::fill(in.gamma.begin(), in.gamma.end(), TestType{1});
    std::fill(in.beta.begin(), in.beta.end(), TestType{0});
    const auto expected = run_simd(in);
    const auto got = run(
        in,
        [](const GroupView& v, auto x, auto, auto, auto eps, auto y, auto statistics) {
          kernels::group_norm_forward<TestType>(v, x, nullptr, nullptr, eps, y, statistics);
        },
        [](const GroupView& v, auto x, auto dy, auto, auto hi, auto lo, auto inv_std, auto... out) {
          kernels::group_norm_backward<TestType>(v, x, dy, nullptr, hi, lo, inv_std, out...);
        });
    CAPTURE(problem.view);
    CHECK(got == expected);
  }
}

TEMPLATE_TEST_CASE("group_norm kernels: a NaN or an infinity stays in its group", "[layers][kernels]", float,
                   double) {
  for (const Problem& problem : problems) {
    const GroupView& v = problem.view;
    auto in = inputs<TestType>(problem);
    const auto group_of = [&](std::size_t flat) {
      const Index i = static_cast<Index>(flat), channel = i / v.inner % v.channels;
      return i / (v.inner * v.channels * v.outer) * v.groups + channel / v.group_channels();
    };
    for (const TestType bad :
         {std::numeric_limits<TestType>::infinity(), std::numeric_limits<TestType>::quiet_NaN()}) {
      for_each_target([&] {
        auto spoilt = in;
        spoilt.x[0] = bad;
        const auto clean = run_simd(in), got = run_simd(spoilt);
        bool confined = true;
        for (std::size_t i = 0; i < in.x.size(); ++i) {
          // An infinite mean square makes the other values of its row 0, not NaN.
          const bool hit = group_of(i) == 0;
          const bool shown = !std::isfinite(got.y[i]) && !std::isfinite(got.dx[i]);
          confined = confined &&
                     (hit ? shown || !problem.centred : got.y[i] == clean.y[i] && got.dx[i] == clean.dx[i]);
        }
        for (std::size_t c = 0; c < in.gamma.size(); ++c) {
          if (static_cast<Index>(c) / v.group_channels() == 0) continue;
          confined = confined && got.dgamma[c] == clean.dgamma[c] && got.dbeta[c] == clean.dbeta[c];
        }
        CAPTURE(problem.view, bad);
        CHECK(confined);
        CHECK_FALSE(std::isfinite(got.y[0]));
      });
    }
  }
}

}  // namespace wengert::test
