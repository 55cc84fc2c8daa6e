// SPDX-License-Identifier: MIT
// The mistakes that layer, group and instance normalisation are known for, planted and found.
#include <autodiff/compare/agreement.h>
#include <layers/batch_norm.h>
#include <layers/group_norm.h>
#include <layers/layer_norm.h>
#include <tests/support/catch.h>
#include <tests/support/faulty_layer_norm.h>

#include <algorithm>

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr double eps = 0.125;  // large enough that its place matters

template <class T>
std::vector<NamedTensor<T>> inputs(const Shape& shape, const Shape& parameter) {
  return {{"x", random_normal<T>(shape, 3)},
          {"gamma", random_normal<T>(parameter, 4)},
          {"beta", random_normal<T>(parameter, 5)}};
}

template <class T>
Subject<T> faulty_subject(LayerNormFault fault, const Shape& shape) {
  const LayerNormOptions options{.eps = eps};
  return make_subject<T>(
      "layer_norm", inputs<T>(shape, {shape[1]}),
      [options](auto in) { return staged::layer_norm(in[0], in[1], in[2], options).y; },
      [options, fault](std::span<const Var<T>> in) {
        const Tensor<T> value = fused::layer_norm<T>(in[0], in[1], in[2], options).y.value();
        return faulty_layer_norm<T>(fault, eps, value, in[0], in[1], in[2]);
      });
}

bool agrees(const Agreement& agreement, const std::string& what) {
  const auto found = std::ranges::find(agreement.rows, what, &AgreementRow::what);
  REQUIRE(found != agreement.rows.end());
  return found->agrees;
}

}  // namespace

TEMPLATE_TEST_CASE("faults: a closed form of layer_norm without fault agrees", "[compare][norms]", float,
                   double) {
  CHECK(check_agreement(faulty_subject<TestType>(LayerNormFault::none, {11, 7}), 1).holds());
}

TEMPLATE_TEST_CASE("faults: a mistake in dx of layer_norm is found, and in dx alone", "[compare][norms]",
                   float, double) {
  using enum LayerNormFault;
  const LayerNormFault fault =
      GENERATE(gamma_outside_both_sums, gamma_outside_the_mean, gamma_outside_the_variance, no_mean_term,
               no_variance_term, over_n_minus_1, over_the_batch);
  INFO(name(fault));
  const Agreement agreement = check_agreement(faulty_subject<TestType>(fault, {11, 7}), 1);
  CHECK_FALSE(agrees(agreement, "dx"));
  CHECK(agrees(agreement, "y"));
  CHECK(agrees(agreement, "dgamma"));
  CHECK(agrees(agreement, "dbeta"));
}

TEST_CASE("faults: a mistake in dgamma of layer_norm is found, also where the shape is square",
          "[compare][norms]") {
  const Shape shape = GENERATE(Shape{11, 7}, Shape{7, 7});
  const Agreement row = check_agreement(faulty_subject<float>(LayerNormFault::dgamma_over_the_row, shape), 1);
  CHECK_FALSE(agrees(row, "dgamma"));
  CHECK(agrees(row, "dx"));
  CHECK_FALSE(agrees(check_agreement(faulty_subject<float>(LayerNormFault::eps_outside_the_root, shape), 1),
                     "dgamma"));
}

TEST_CASE("faults: statistics over the wrong axis are found where the shape is square and hides them",
          "[compare][norms]") {
  const auto rows_for_columns = make_subject<float>(
      "layer_norm", inputs<float>({7, 7}, {7}),
      [](auto in) { return staged::layer_norm(in[0], in[1], in[2]).y; },
      [](auto in) { return fused::batch_norm(in[0], in[1], in[2]).y; });
  const auto channels_last_for_first = make_subject<float>(
      "group_norm", inputs<float>({4, 4, 4, 4}, {4}),
      [](auto in) { return staged::group_norm(in[0], in[1], in[2], {.groups = 2}).y; },
      [](auto in) { return fused::group_norm(in[0], in[1], in[2], {.groups = 2, .channel_axis = -1}).y; });
  const auto another_number_of_groups = make_subject<float>(
      "group_norm", inputs<float>({4, 4, 4}, {4}),
      [](auto in) { return staged::group_norm(in[0], in[1], in[2], {.groups = 2}).y; },
      [](auto in) { return fused::group_norm(in[0], in[1], in[2], {.groups = 4}).y; });
  for (const auto* subject : {&rows_for_columns, &channels_last_for_first, &another_number_of_groups}) {
    const Agreement agreement = check_agreement(*subject, 1);
    CHECK_FALSE(agreement.holds());
    CHECK_FALSE(agrees(agreement, "y"));
    CHECK_FALSE(agrees(agreement, "dx"));
  }
}
