// SPDX-License-Identifier: MIT
#include <layers/softmax_cross_entropy.h>
#include <tests/layers/kernels/each_target.h>
#include <tests/support/all_close.h>
#include <tests/support/check_op.h>

#include <cmath>
#include <limits>

using namespace wengert;
using namespace wengert::test;

namespace {

const std::vector<std::int64_t> classes{2, 0, 4};
const Tensors<float> logits{Random(83).tensor<float>({3, 5}, -3, 3)};

// Rows that add up to 1, one of them with a zero.
Tensor<float> distributions() {
  return Tensor<float>({3, 5},
                       {0.5F, 0.25F, 0.25F, 0, 0, 1, 0, 0, 0, 0, 0.125F, 0.125F, 0.5F, 0.125F, 0.125F});
}

template <class T>
Tensor<T> one_hot() {
  return Tensor<T>({3, 5}, {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

template <class T>
using ByClass = Var<T> (*)(Var<T>, std::span<const std::int64_t>, Reduction);
template <class T>
using ByTarget = Var<T> (*)(Var<T>, const Tensor<T>&, Reduction);

template <class T>
std::array<ByClass<T>, 2> forms_by_class() {
  return {staged::softmax_cross_entropy<T>, fused::softmax_cross_entropy<T>};
}
template <class T>
std::array<ByTarget<T>, 2> forms_by_target() {
  return {staged::softmax_cross_entropy<T>, fused::softmax_cross_entropy<T>};
}

}  // namespace

TEST_CASE("softmax_cross_entropy: both forms hold against the wider type, differences and jvp",
          "[layers][softmax_cross_entropy]") {
  const Reduction reduction = GENERATE(Reduction::mean, Reduction::sum, Reduction::none);
  check_op([&](auto in) { return staged::softmax_cross_entropy(in[0], classes, reduction); }, logits, 16);
  check_op([&](auto in) { return fused::softmax_cross_entropy(in[0], classes, reduction); }, logits, 16);
}

TEST_CASE("softmax_cross_entropy: distributions as targets hold too", "[layers][softmax_cross_entropy]") {
  const auto by_target = [](auto form) {
    return [form](auto in) {
      using T = std::remove_cvref_t<decltype(in[0].value()[0])>;
      return form(in[0], distributions().cast<T>());
    };
  };
  check_op(by_target([](auto x, const auto& t) { return staged::softmax_cross_entropy(x, t); }), logits, 16);
  check_op(by_target([](auto x, const auto& t) { return fused::softmax_cross_entropy(x, t); }), logits, 16);
}

TEMPLATE_TEST_CASE("softmax_cross_entropy: classes are one-hot targets, in both forms",
                   "[layers][softmax_cross_entropy]", float, double) {
  using T = TestType;
  const Tensors<T> at = cast<T>(logits);
  const Tensor<T> dy = Random(3).tensor<T>({3});
  const auto by_class = forms_by_class<T>();
  const auto by_target = forms_by_target<T>();
  const Function<T> expected = [&](Vars<T> in) { return by_class[0](in[0], classes, Reduction::none); };
  for (std::size_t i = 0; i < 2; ++i) {
    const Function<T> labels = [&](Vars<T> in) { return by_class[i](in[0], classes, Reduction::none); };
    const Function<T> rows = [&](Vars<T> in) { return by_target[i](in[0], one_hot<T>(), Reduction::none); };
    CHECK_THAT(value_of(labels, at), AllClose(value_of(expected, at), rounding<T>(8)));
    CHECK_THAT(value_of(rows, at), AllClose(value_of(expected, at), rounding<T>(8)));
    CHECK_THAT(vjp_of(labels, at, dy)[0], AllClose(vjp_of(expected, at, dy)[0], rounding<T>(8)));
    CHECK_THAT(vjp_of(rows, at, dy)[0], AllClose(vjp_of(expected, at, dy)[0], rounding<T>(8)));
  }
}

TEMPLATE_TEST_CASE("softmax_cross_entropy: the bits of the fused form do not depend on the threads",
                   "[layers][softmax_cross_entropy]", float, double) {
  using T = TestType;
  const Tensor<T> x = Random(5).tensor<T>({401, 131}), dy = Random(6).tensor<T>({401});
  std::vector<std::int64_t> of_row(401);
  for (std::size_t i = 0; i < of_row.size(); ++i) of_row[i] = static_cast<std::int64_t>(i * 7 % 131);
  const Function<T> loss = [&](Vars<T> in) {
    return fused::softmax_cross_entropy<T>(in[0], of_row, Reduction::none);
  };
  const auto bits = [&](int n) {
    const Threads threads(n);
    const Tensor<T> value = value_of(loss, {x}), gradient = vjp_of(loss, {x}, dy)[0];
    std::vector<T> all(value.values().begin(), value.values().end());
    all.insert(all.end(), gradient.values().begin(), gradient.values().end());
    return all;
  };
  const std::vector<T> one = bits(1);
  for (const int n : {2, 3}) CHECK(bits(n) == one);
}

TEST_CASE("softmax_cross_entropy: equal logits cost ln K, whatever they are",
          "[layers][softmax_cross_entropy]") {
  for (const auto form : forms_by_class<double>()) {
    for (const double level : {0.0, 1e4, -1e300}) {
      const Tensor<double> x = Tensor<double>::full({3, 5}, level);
      CHECK(std::abs(form(x, classes, Reduction::mean).value().item() - std::log(5.0)) < rounding<double>());
    }
  }
}

TEST_CASE("softmax_cross_entropy: large logits neither overflow nor lose the gradient",
          "[layers][softmax_cross_entropy]") {
  const Tensor<float> x({1, 3}, {1e4F, 1e4F - 1, -3e38F});
  const std::vector<std::int64_t> second{1};
  const long double sum = 1 + std::exp(-1.0L);
  for (const auto form : forms_by_class<float>()) {
    Tape<float> tape;
    const Var<float> in = tape.leaf(x);
    const Var<float> loss = form(in, second, Reduction::mean);
    CHECK(std::abs(static_cast<double>(loss.value().item() - (1 + std::log(sum)))) < rounding<float>());
    const Tensor<float> dx = backward(loss)[in];
    CHECK(std::abs(static_cast<double>(dx[0] - 1 / sum)) < rounding<float>());
    CHECK(std::abs(static_cast<double>(dx[1] + 1 / sum)) < rounding<float>());
    CHECK(dx[2] == 0);
  }
}

TEST_CASE("softmax_cross_entropy: a class of weight 0 may have the logit −∞, and a NaN shows",
          "[layers][softmax_cross_entropy]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::int64_t> first{0, 0};
  const Tensor<double> x({2, 2}, {1, -infinity, 1, std::nan("")});
  for (const auto form : forms_by_class<double>()) {
    Tape<double> tape;
    const Var<double> in = tape.leaf(x);
    const Var<double> losses = form(in, first, Reduction::none);
    CHECK(losses.value()[0] == 0);
    CHECK(std::isnan(losses.value()[1]));
    const Tensor<double> dx = backward(losses, Tensor<double>({2}, {1, 1}))[in];
    CHECK(dx[0] == 0);
    CHECK(dx[1] == 0);
    CHECK(std::isnan(dx[2]));
  }
}

TEST_CASE("softmax_cross_entropy: the gradient of a sample adds up to zero",
          "[layers][softmax_cross_entropy]") {
  for (const auto form : forms_by_class<double>()) {
    const Function<double> f = [&](Vars<double> in) { return form(in[0], classes, Reduction::none); };
    const Tensor<double> dx = vjp_of(f, cast<double>(logits), Random(5).tensor<double>({3}))[0];
    for (Index n = 0; n < 3; ++n) {
      double sum = 0;
      for (Index k = 0; k < 5; ++k) sum += dx[n * 5 + k];
      CHECK(std::abs(sum) < rounding<double>());
    }
  }
}

TEST_CASE("softmax_cross_entropy: labels and shapes that do not fit are refused by name",
          "[layers][softmax_cross_entropy]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(logits[0].cast<double>());
  const auto labels = [](std::vector<std::int64_t> values) { return values; };
  for (const auto form : forms_by_class<double>()) {
    CHECK_THROWS_WITH(form(x, labels({0, 5, 1}), Reduction::mean),
                      "softmax_cross_entropy: classes[1] is 5, expected a class from 0 to 4");
    CHECK_THROWS_WITH(form(x, labels({0, 0, -1}), Reduction::mean),
                      "softmax_cross_entropy: classes[2] is -1, expected a class from 0 to 4");
    CHECK_THROWS_WITH(form(x, labels({0, 1}), Reduction::mean),
                      "softmax_cross_entropy: classes has shape [2], expected [3]");
    CHECK_THROWS_WITH(
        form(Tensor<double>::zeros({0, 5}), {}, Reduction::mean),
        "softmax_cross_entropy: logits has shape [0, 5], expected [N, K] with at least one sample "
        "and one class");
    CHECK_THROWS_AS(form(Tensor<double>::zeros({5}), labels({0}), Reduction::mean), ShapeError);
  }
  for (const auto form : forms_by_target<double>()) {
    CHECK_THROWS_WITH(form(x, Tensor<double>::full({3, 5}, 0.5), Reduction::mean),
                      "softmax_cross_entropy: the sum of targets[0] is 2.5, expected 1");
    Tensor<double> negative = one_hot<double>();
    negative.mutable_data()[7] = -0.5;
    CHECK_THROWS_WITH(form(x, negative, Reduction::mean),
                      "softmax_cross_entropy: targets[1, 2] is -0.5, expected a number >= 0");
    CHECK_THROWS_WITH(form(x, Tensor<double>::zeros({3, 4}), Reduction::mean),
                      "softmax_cross_entropy: targets has shape [3, 4], expected [3, 5]");
  }
  CHECK(tape.size() == 1);
}
