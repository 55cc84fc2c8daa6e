// SPDX-License-Identifier: MIT
// What a report says about the pathways of a gradient, and how it words what is wrong.
#include <autodiff/compare/explain_difference.h>
#include <autodiff/compare/pathways.h>
#include <tests/support/catch.h>
#include <tests/support/faulty_norm.h>

#include <cmath>

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr std::array names{"direct", "mean", "variance"};

Subject<double> batch_norm_subject(const NormFault& fault, const Shape& shape = {8, 5}) {
  return {.name = "batch_norm",
          .staged = [](auto x, auto gamma, auto beta) { return staged::batch_norm(x, gamma, beta).y; },
          .fused =
              [fault](Var<double> x, Var<double> gamma, Var<double> beta) {
                const std::vector<Var<double>> in{x, gamma, beta};
                return faulty_norm<double>(Norm::batch, fault, in);
              },
          .inputs = {{"x", random_normal<double>(shape, 1)},
                     {"gamma", random_normal<double>({shape[1]}, 2)},
                     {"beta", random_normal<double>({shape[1]}, 3)}}};
}

Pathways pathways_of(const Subject<double>& subject) {
  const Trial<double> trial = run_trial(subject, 1);
  return judge_pathways(subject, trial, judge_agreement(subject, trial));
}

std::string said_of(const NormFault& fault) {
  const Pathways p = pathways_of(batch_norm_subject(fault));
  REQUIRE(p.findings.size() == 1);
  return p.findings[0].of + ": " + p.findings[0].text;
}

}  // namespace

TEST_CASE("pathways: norms, shares and cosines of a batch norm", "[compare]") {
  const Pathways p = pathways_of(batch_norm_subject({}));
  CHECK(p.findings.empty());
  REQUIRE(p.splits.size() == 1);
  const PathwaySplit& split = p.splits[0];
  CHECK(split.of == "dx");
  REQUIRE(split.classes.size() == 4);
  double shares = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(split.classes[i].name == names[i]);
    CHECK(split.classes[i].norm > 0);
    CHECK_FALSE(split.classes[i].vanishes);
    CHECK(std::abs(split.cosine[5 * i] - 1) < 1e-12);
    shares += split.classes[i].share;
  }
  CHECK(split.classes[3].name == "mean + variance");
  CHECK(split.classes[3].vanishes);
  CHECK(std::abs(shares - 1) < 1e-12);
  CHECK(std::abs(split.cosine[1 * 4 + 2]) < 1e-12);  // constant against centred
  CHECK(split.sum_error < 1e-16);
}

TEST_CASE("pathways: a wrong term is named, with what it looks like", "[compare]") {
  CHECK(said_of({.variance = {.factor = 0.875}}) ==
        "dx: the variance term is 0.875 of what the graph gives: (N−1)/N with N = 8?");
  CHECK(said_of({.mean = {.count_off = -1}}) ==
        "dx: the mean term is 1.14286 of what the graph gives: N/(N−1) with N = 8?");
  CHECK(said_of({.mean = {.factor = 0}}) == "dx: the mean term is missing");
  CHECK(said_of({.variance = {.factor = -1}}) == "dx: the variance term is of the wrong sign");
  CHECK(said_of({.direct = {.factor = 2}}) == "dx: the direct term is doubled");
  CHECK(said_of({.last_row = 1.5}) == "dx: dx is wrong at index 7 (the last) of axis 0 only");
  CHECK(said_of({.shift = 1}) == "dx: dx is off by one along axis 0");
  CHECK(said_of({.dgamma = 2}) == "dgamma: dgamma is doubled");
}

TEST_CASE("pathways: a missing gamma is recognised in the factors", "[compare]") {
  CHECK_THAT(
      said_of({.variance = {.gamma = false}}),
      Catch::Matchers::StartsWith("dx: the variance term is off by a factor that varies along axis 1"));
  CHECK_THAT(said_of({.variance = {.gamma = false}}),
             Catch::Matchers::EndsWith("1/gamma, which is missing?"));
  CHECK_THAT(said_of({.direct = {.gamma = false}, .mean = {.gamma = false}, .variance = {.gamma = false}}),
             Catch::Matchers::StartsWith("dx: the whole of dx is off by a factor that varies along axis 1"));
}

TEST_CASE("pathways: the closed form's own terms are held against their classes", "[compare]") {
  Subject<double> subject = batch_norm_subject({});
  double spoil = 1;
  subject.terms = [&spoil](std::span<const Tensor<double>> in, const Tensor<double>& dy) {
    const auto t = fused::batch_norm_terms<double>(in[0], in[1], dy);
    Tensor<double> variance = t.variance.clone();
    for (Index i = 0; i < variance.size(); ++i) variance.mutable_data()[i] *= spoil;
    return std::vector<ClosedFormTerm<double>>{
        {"x", {}, t.direct}, {"x", {"mean"}, t.mean}, {"x", {"variance"}, variance}};
  };
  Pathways p = pathways_of(subject);
  CHECK(p.findings.empty());
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(p.splits[0].classes[i].term);
    CHECK(std::abs(p.splits[0].classes[i].term->scale - 1) < 1e-12);
    CHECK(p.splits[0].classes[i].term->of_allowance <= 1);
  }
  spoil = 0.875;
  p = pathways_of(subject);
  REQUIRE(p.findings.size() == 1);
  CHECK(p.findings[0].pathways == std::vector<std::string>{"variance"});
  CHECK(p.findings[0].text ==
        "the closed form's own variance term is 0.875 of what the graph gives: (N−1)/N with N = 8?");

  subject.terms = [](std::span<const Tensor<double>>, const Tensor<double>& dy) {
    return std::vector<ClosedFormTerm<double>>{{"x", {"median"}, dy}};
  };
  CHECK_THROWS_WITH(
      pathways_of(subject),
      "terms: the closed form has a median term of dx, the staged form has no such class of paths");
}

TEST_CASE("pathways: factors in words", "[compare]") {
  CHECK(factor_text(0, {6, 4}) == "missing");
  CHECK(factor_text(6, {6, 4}) == "6 of what the graph gives: N with N = 6?");
  CHECK(factor_text(0.25, {6, 4}) == "0.25 of what the graph gives: 1/N with N = 4?");
  CHECK(factor_text(1.5, {6, 4}) == "1.5 of what the graph gives: 6/4, a mean over the wrong axes?");
  CHECK(factor_text(0.77, {6, 4}) == "0.77 of what the graph gives");
}
