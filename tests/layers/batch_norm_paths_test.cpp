// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <autodiff/split_by_path.h>
#include <layers/batch_norm.h>
#include <tests/support/all_close.h>
#include <tests/support/random.h>
#include <tests/support/tolerances.h>

#include <algorithm>

using namespace wengert;
using namespace wengert::test;

namespace {

using Classes = std::vector<PathClass<double>>;
using Names = std::vector<std::string>;

// Sums of up to 70 terms, times 1/√var.
constexpr double norm_rounding = rounding<double>(16);

constexpr auto staged_form = [](const Var<double>& x, const std::optional<Var<double>>& gamma = {},
                                BatchNormOptions options = {}) {
  return staged::batch_norm<double>(x, gamma, {}, options).y;
};
constexpr auto fused_form = [](const Var<double>& x, const std::optional<Var<double>>& gamma = {},
                               BatchNormOptions options = {}) {
  return fused::batch_norm<double>(x, gamma, {}, options).y;
};

Tensor<double> total(const std::vector<Tensor<double>>& parts) {
  Var<double> sum(parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) sum = sum + Var<double>(parts[i]);
  return sum.value();
}

}  // namespace

TEST_CASE("batch_norm: the three terms are the path classes, and add up to dx", "[layers][batch_norm]") {
  struct Case {
    Shape shape;
    int channel_axis;
  };
  const Case c = GENERATE(Case{{7, 3}, 1}, Case{{3, 2, 5}, 1}, Case{{2, 3, 5, 7}, 1}, Case{{2, 5, 3, 4}, -1},
                          Case{{3, 7}, 0}, Case{{2, 3, 1, 2, 3}, 1}, Case{{2, 5}, 1}, Case{{9, 1}, 1});
  const bool scaled = GENERATE(true, false);
  CAPTURE(c.shape, scaled);
  const BatchNormOptions options{.channel_axis = c.channel_axis};
  Random random(103);
  const auto value = random.tensor<double>(c.shape, -1, 3), dy = random.tensor<double>(c.shape);
  std::optional<Tensor<double>> gamma;
  if (scaled) gamma = random.tensor<double>({c.shape[c.channel_axis < 0 ? 3 : c.channel_axis]}, -2, 2);
  const auto terms = fused::batch_norm_terms<double>(value, gamma, dy, options);
  const std::vector<Tensor<double>> parts{terms.direct, terms.mean, terms.variance};

  const auto check = [&](auto form) {
    Tape<double> tape;
    const Var<double> x = tape.leaf(value);
    std::optional<Var<double>> g;
    if (scaled) g = tape.leaf(*gamma);
    const Var<double> y = form(x, g, options);
    const Classes classes = split_by_path(y, dy, x);
    REQUIRE(classes.size() == 4);
    CHECK(classes[0].marks.empty());
    CHECK(classes[1].marks == Names{"mean"});
    CHECK(classes[2].marks == Names{"variance"});
    CHECK(classes[3].marks == Names{"mean", "variance"});
    for (std::size_t i = 0; i < 3; ++i) CHECK_THAT(classes[i].cotangent, AllClose(parts[i], norm_rounding));
    CHECK_THAT(classes[3].cotangent, AllClose(Tensor<double>::zeros(c.shape), norm_rounding));
    CHECK_THAT(total(parts), AllClose(backward(y, dy)[x], norm_rounding));
  };
  check(staged_form);
  check(fused_form);
}

TEST_CASE("batch_norm: two of them in one network do not mix, staged or fused", "[layers][batch_norm]") {
  Random random(97);
  const auto value = random.tensor<double>({5, 3}), dy = random.tensor<double>({5, 3});
  const auto classes_of = [&](auto norm) {
    Tape<double> tape;
    const Var<double> x = tape.leaf(value);
    return split_by_path(norm(tanh(norm(x) * 2)), dy, x);
  };
  const Classes expected = classes_of(staged_form), got = classes_of(fused_form);
  REQUIRE(expected.size() == 16);
  REQUIRE(got.size() == 16);
  CHECK(expected[1].marks == Names{"batch_norm/mean/mean"});
  CHECK(expected[4].marks == Names{"batch_norm#2/mean/mean"});
  for (const PathClass<double>& wanted : expected) {
    CHECK(std::ranges::any_of(got, [&](const PathClass<double>& c) {
      return std::ranges::is_permutation(c.marks, wanted.marks) &&
             largest_error(c.cotangent, wanted.cotangent) < norm_rounding;
    }));
  }
}
