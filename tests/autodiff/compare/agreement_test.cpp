// SPDX-License-Identifier: MIT
#include <autodiff/compare/agreement.h>
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <tests/support/catch.h>
#include <tests/support/faulty_batch_norm.h>

#include <algorithm>
#include <limits>

using namespace wengert;
using namespace wengert::test;

namespace {

template <class T>
Tensor<T> shifted(const Tensor<T>& x, T by) {
  return Tensor<T>(x.shape(),
                   std::span<const T>(typename Tensor<T>::Flat(x.flat() + by).data(), x.values().size()));
}

template <class T>
std::vector<NamedTensor<T>> inputs(const Shape& shape, T mean = 0) {
  return {{"x", shifted(random_normal<T>(shape, 3), mean)},
          {"gamma", random_normal<T>({shape[1]}, 4)},
          {"beta", random_normal<T>({shape[1]}, 5)}};
}

template <class T>
Subject<T> batch_norm_subject(std::vector<NamedTensor<T>> tensors) {
  return make_subject<T>(
      "batch_norm", std::move(tensors), [](auto in) { return staged::batch_norm(in[0], in[1], in[2]).y; },
      [](auto in) { return fused::batch_norm(in[0], in[1], in[2]).y; });
}

template <class T>
Subject<T> faulty_subject(Fault fault, const Shape& shape) {
  Subject<T> subject = batch_norm_subject<T>(inputs<T>(shape));
  subject.fused = [fault](std::span<const Var<T>> in) {
    const Tensor<T> value = fused::batch_norm<T>(in[0], in[1], in[2]).y.value();
    return faulty_batch_norm<T>(fault, T(1e-5), value, in[0], in[1], in[2]);
  };
  return subject;
}

AgreementRow row(const Agreement& agreement, const std::string& what) {
  const auto found = std::ranges::find(agreement.rows, what, &AgreementRow::what);
  REQUIRE(found != agreement.rows.end());
  return *found;
}

}  // namespace

TEMPLATE_TEST_CASE("agreement: two right forms agree on the value and every gradient", "[compare]", float,
                   double) {
  const Shape shape = GENERATE(Shape{2, 1}, Shape{7, 3}, Shape{64, 37});
  const TestType mean = GENERATE(TestType(0), TestType(1e4));
  const Agreement agreement = check_agreement(batch_norm_subject<TestType>(inputs<TestType>(shape, mean)), 1);
  REQUIRE(agreement.rows.size() == 4);
  CHECK(agreement.y == shape);
  for (const AgreementRow& r : agreement.rows) {
    INFO(r.what << " of allowance " << r.of_allowance << " condition " << r.condition);
    CHECK(r.agrees);
    CHECK(r.of_allowance <= 1);
  }
  CHECK(agreement.holds());
}

TEMPLATE_TEST_CASE("agreement: a closed form without fault agrees, so a planted one is what is found",
                   "[compare]", float, double) {
  CHECK(check_agreement(faulty_subject<TestType>(Fault::none, {23, 5}), 1).holds());
}

TEMPLATE_TEST_CASE("agreement: a mistake in dx is found, and in dx alone", "[compare]", float, double) {
  const Fault fault = GENERATE(Fault::no_mean_term, Fault::no_variance_term, Fault::variance_over_n_minus_1,
                               Fault::wrong_sign_of_mean_term, Fault::inv_std_squared, Fault::no_gamma_in_dx,
                               Fault::only_last_row_wrong, Fault::nan_in_dx);
  INFO(name(fault));
  const Agreement agreement = check_agreement(faulty_subject<TestType>(fault, {23, 5}), 1);
  CHECK_FALSE(agreement.holds());
  CHECK_FALSE(row(agreement, "dx").agrees);
  CHECK(row(agreement, "y").agrees);
  CHECK(row(agreement, "dgamma").agrees);
  CHECK(row(agreement, "dbeta").agrees);
}

TEMPLATE_TEST_CASE("agreement: N - 1 in place of N is found even for 1797 rows", "[compare]", float, double) {
  CHECK_FALSE(
      row(check_agreement(faulty_subject<TestType>(Fault::variance_over_n_minus_1, {1797, 3}), 1), "dx")
          .agrees);
}

TEST_CASE("agreement: a mistake in dgamma is named", "[compare]") {
  const Agreement agreement = check_agreement(faulty_subject<float>(Fault::dgamma_of_x, {23, 5}), 1);
  CHECK_FALSE(row(agreement, "dgamma").agrees);
  CHECK(row(agreement, "dx").agrees);
}

TEST_CASE("agreement: what is not finite in both forms is counted, in one form it disagrees", "[compare]") {
  auto tensors = inputs<float>({6, 3});
  std::vector<float> numbers(tensors[0].value.values().begin(), tensors[0].value.values().end());
  numbers[4] = std::numeric_limits<float>::quiet_NaN();
  tensors[0].value = Tensor<float>({6, 3}, numbers);
  const Agreement both = check_agreement(batch_norm_subject<float>(tensors), 1);
  CHECK(both.holds());
  CHECK(row(both, "y").non_finite == 6);  // its channel, and no other
  CHECK(row(both, "dx").non_finite == 6);

  Subject<float> one = batch_norm_subject<float>(inputs<float>({6, 3}));
  one.fused = [](std::span<const Var<float>> in) {
    Tensor<float> spoilt = fused::batch_norm<float>(in[0], in[1], in[2]).y.value().clone();
    spoilt.mutable_data()[0] = std::numeric_limits<float>::infinity();
    return faulty_batch_norm<float>(Fault::none, 1e-5F, spoilt, in[0], in[1], in[2]);
  };
  CHECK_FALSE(row(check_agreement(one, 1), "y").agrees);
}

TEST_CASE("agreement: the form that keeps the mean to twice the precision is closer when the mean is large",
          "[compare]") {
  const Agreement agreement = check_agreement(batch_norm_subject<float>(inputs<float>({256, 5}, 1e4F)), 1);
  CHECK(row(agreement, "y").accuracy.fused_error < row(agreement, "y").accuracy.staged_error / 10);
  CHECK(row(agreement, "dx").accuracy.fused_error < row(agreement, "dx").accuracy.staged_error / 10);
}

TEST_CASE("agreement: forms of different shape are an error", "[compare]") {
  Subject<float> subject = batch_norm_subject<float>(inputs<float>({6, 3}));
  subject.fused = [](std::span<const Var<float>> in) { return sum(in[0], {0}); };
  CHECK_THROWS_WITH(check_agreement(subject, 1),
                    "batch_norm: the output of the fused form has shape [3], expected [6, 3]");
}

TEST_CASE("agreement: random_normal is the same for one seed and close to standard normal", "[compare]") {
  const Tensor<double> a = random_normal<double>({10000}, 7);
  CHECK((a.flat() == random_normal<double>({10000}, 7).flat()).all());
  CHECK_FALSE((a.flat() == random_normal<double>({10000}, 8).flat()).any());
  CHECK(std::abs(a.flat().mean()) < 0.05);  // five standard errors
  CHECK(std::abs(a.flat().square().mean() - 1) < 0.07);
}

TEST_CASE("agreement: inputs made from the comparison's own seed still test the gradient", "[compare]") {
  Subject<float> subject = batch_norm_subject<float>({{"x", random_normal<float>({11, 3}, 1)},
                                                      {"gamma", Tensor<float>::full({3}, 1)},
                                                      {"beta", Tensor<float>::zeros({3})}});
  subject.fused = [](std::span<const Var<float>> in) {
    return fused::batch_norm<float>(in[0], in[1], in[2]).y * 1.001F;
  };
  CHECK_FALSE(row(check_agreement(subject, 1), "dx").agrees);
}
