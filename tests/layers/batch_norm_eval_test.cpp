// SPDX-License-Identifier: MIT
#include <layers/batch_norm_eval.h>
#include <tests/support/all_close.h>
#include <tests/support/check_op.h>

#include <cmath>
#include <limits>

using namespace wengert;
using namespace wengert::test;

namespace {

struct Layout {
  const char* name;
  Shape shape;
  int channel_axis;
};

const std::vector<Layout> layouts = {
    {"NC", {7, 3}, 1},     {"NCHW", {2, 3, 5, 7}, 1}, {"NHWC", {2, 5, 3, 4}, -1},
    {"[D, N]", {3, 7}, 0}, {"one sample", {1, 6}, 1}, {"large enough for threads", {300, 3, 9, 37}, 1}};

constexpr auto staged_form = [](auto&&... a) {
  return staged::batch_norm_eval(std::forward<decltype(a)>(a)...);
};
constexpr auto fused_form = [](auto&&... a) {
  return fused::batch_norm_eval(std::forward<decltype(a)>(a)...);
};

struct Statistics {
  Tensor<float> mean, var;
};

Statistics statistics(Index channels) {
  Random random(17);
  return {random.tensor<float>({channels}), random.tensor<float>({channels}, 0.25, 2)};
}

// x, gamma and beta in, y out.
template <class Form>
auto function_of(Form form, const Statistics& s, BatchNormOptions options) {
  return [=](auto in) {
    using T = std::remove_cvref_t<decltype(in[0].value()[0])>;
    return form(in[0], in[1], in[2], s.mean.cast<T>(), s.var.cast<T>(), options).y;
  };
}

Index channels_of(const Layout& l) {
  return l.shape[l.channel_axis < 0 ? l.shape.rank() - 1 : l.channel_axis];
}

}  // namespace

TEST_CASE("batch_norm_eval: both forms hold against the wider type, differences and jvp",
          "[layers][batch_norm]") {
  for (const Layout& l : {layouts[0], layouts[1], layouts[4]}) {
    INFO(l.name);
    Random random(23);
    const Index channels = channels_of(l);
    const Tensors<float> inputs{random.tensor<float>(l.shape), random.tensor<float>({channels}, -2, 2),
                                random.tensor<float>({channels})};
    const BatchNormOptions options{.eps = 0.25, .channel_axis = l.channel_axis};
    check_op(function_of(staged_form, statistics(channels), options), inputs);
    check_op(function_of(fused_form, statistics(channels), options), inputs);
  }
}

TEMPLATE_TEST_CASE("batch_norm_eval: staged and fused agree on every layout, with gamma and beta or without",
                   "[layers][batch_norm]", float, double) {
  using T = TestType;
  const bool has_gamma = GENERATE(true, false), has_beta = GENERATE(true, false);
  for (const Layout& l : layouts) {
    INFO(l.name << (has_gamma ? " gamma" : "") << (has_beta ? " beta" : ""));
    Random random(31);
    const Statistics s = statistics(channels_of(l));
    const Tensor<T> x = random.tensor<T>(l.shape), dy = random.tensor<T>(l.shape),
                    scale = random.tensor<T>(s.mean.shape(), -2, 2), shift = random.tensor<T>(s.mean.shape());
    const auto answer = [&](auto form) {
      Tape<T> tape;
      std::vector<Var<T>> in{tape.leaf(x)};
      std::optional<Var<T>> gamma, beta;
      if (has_gamma) in.push_back(*(gamma = tape.leaf(scale)));
      if (has_beta) in.push_back(*(beta = tape.leaf(shift)));
      const BatchNormOptions options{.channel_axis = l.channel_axis};
      const auto result =
          form(in[0], gamma, beta, s.mean.template cast<T>(), s.var.template cast<T>(), options);
      const auto grads = backward(result.y, dy);
      Tensors<T> out{result.y.value(), result.mean, result.var, result.inv_std};
      for (const Var<T>& v : in) out.push_back(grads[v]);
      return out;
    };
    const Tensors<T> many = answer(staged_form), one = answer(fused_form);
    REQUIRE(one.size() == many.size());
    for (std::size_t i = 0; i < one.size(); ++i) CHECK_THAT(one[i], AllClose(many[i], rounding<T>(16)));
  }
}

TEST_CASE("batch_norm_eval: an empty batch gives nothing, and zeros for gamma and beta",
          "[layers][batch_norm]") {
  const Statistics s = statistics(3);
  for (const bool one_node : {false, true}) {
    Tape<float> tape;
    const Var<float> x = tape.leaf(Tensor<float>::zeros({0, 3})), gamma = tape.leaf(s.mean),
                     beta = tape.leaf(s.mean);
    const Var<float> y = one_node ? fused::batch_norm_eval(x, gamma, beta, s.mean, s.var).y
                                  : staged::batch_norm_eval(x, gamma, beta, s.mean, s.var).y;
    CHECK(y.shape() == Shape{0, 3});
    const auto grads = backward(y, Tensor<float>::zeros({0, 3}));
    CHECK_THAT(grads[gamma], Equals(Tensor<float>::zeros({3})));
    CHECK_THAT(grads[beta], Equals(Tensor<float>::zeros({3})));
  }
}

TEST_CASE("batch_norm_eval: a NaN in one channel's statistics stays there", "[layers][batch_norm]") {
  Statistics s = statistics(3);
  const Tensor<float> x = Random(5).tensor<float>({4, 3});
  const auto value = [&](bool one_node) {
    return (one_node ? fused::batch_norm_eval<float>(x, {}, {}, s.mean, s.var)
                     : staged::batch_norm_eval<float>(x, {}, {}, s.mean, s.var))
        .y.value();
  };
  for (const bool one_node : {false, true}) {
    s = statistics(3);
    const Tensor<float> sound = value(one_node);
    s.var.mutable_data()[1] = std::numeric_limits<float>::quiet_NaN();
    const Tensor<float> got = value(one_node);
    for (Index i = 0; i < 12; ++i) {
      if (i % 3 == 1) CHECK(std::isnan(got[i]));
      if (i % 3 != 1) CHECK(got[i] == sound[i]);
    }
  }
}

TEST_CASE("batch_norm_eval: what does not fit is refused by name, and the tape stays",
          "[layers][batch_norm]") {
  const Statistics s = statistics(3);
  const Tensor<float> four = Tensor<float>::zeros({4});
  Tape<float> tape, other;
  const Var<float> x = tape.leaf(Tensor<float>::zeros({2, 3}));
  for (const bool one_node : {false, true}) {
    const auto form = one_node ? fused::batch_norm_eval<float> : staged::batch_norm_eval<float>;
    CHECK_THROWS_WITH(form(x, {}, {}, four, s.var, {}),
                      "batch_norm_eval: running_mean has shape [4], expected [3]");
    CHECK_THROWS_WITH(form(x, {}, {}, s.mean, four, {}),
                      "batch_norm_eval: running_var has shape [4], expected [3]");
    CHECK_THROWS_WITH(form(x, Var<float>(four), {}, s.mean, s.var, {}),
                      "batch_norm_eval: gamma has shape [4], expected [3]");
    CHECK_THROWS_WITH(form(Var<float>(four), {}, {}, s.mean, s.var, {}),
                      "batch_norm_eval: x has shape [4], expected rank 2 or more");
    CHECK_THROWS_WITH(form(x, {}, {}, s.mean, Tensor<float>({3}, {1, 0, -2}), {}),
                      "batch_norm_eval: running_var[2] is -2, expected a variance >= 0");
    CHECK_THROWS_WITH(form(x, {}, {}, s.mean, s.var, {.eps = -1}),
                      "batch_norm_eval: eps is -1, expected a finite number >= 0");
    CHECK_THROWS_AS(form(x, other.leaf(s.mean), {}, s.mean, s.var, {}), TapeError);
    CHECK(tape.size() == 1);
  }
}
