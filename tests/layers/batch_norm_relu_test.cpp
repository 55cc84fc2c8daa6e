// SPDX-License-Identifier: MIT
#include <autodiff/graph.h>
#include <layers/batch_norm_relu.h>
#include <tests/support/all_close.h>
#include <tests/support/check_op.h>

#include <cmath>
#include <limits>

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr auto staged_form = [](auto in, BatchNormOptions options) {
  return staged::batch_norm_relu(in[0], in[1], in[2], options).y;
};
constexpr auto fused_form = [](auto in, BatchNormOptions options) {
  return fused::batch_norm_relu(in[0], in[1], in[2], options).y;
};

// gamma and beta keep every channel's kinks away from the numbers.
Tensors<float> inputs(const Shape& shape, Index channels) {
  Random random(67);
  return {random.tensor<float>(shape, -1, 3), random.tensor<float>({channels}, -2, 2),
          random.tensor<float>({channels})};
}

}  // namespace

TEST_CASE("batch_norm_relu: both forms hold against the wider type, differences and jvp",
          "[layers][batch_norm_relu]") {
  const BatchNormOptions options{.eps = 1e-2};
  check_op([&](auto in) { return staged_form(in, options); }, inputs({7, 3}, 3), 16);
  check_op([&](auto in) { return fused_form(in, options); }, inputs({7, 3}, 3), 16);
  check_op([&](auto in) { return fused_form(in, options); }, inputs({2, 3, 4}, 3), 16);
}

TEMPLATE_TEST_CASE("batch_norm_relu: staged and fused agree on every layout", "[layers][batch_norm_relu]",
                   float, double) {
  using T = TestType;
  struct Layout {
    Shape shape;
    int channel_axis;
    Index channels;
  };
  for (const Layout& l : {Layout{{9, 5}, 1, 5}, Layout{{3, 5, 7}, 1, 5}, Layout{{3, 4, 5}, -1, 5},
                          Layout{{3, 7}, 0, 3}, Layout{{33, 5, 13, 17}, 1, 5}}) {
    INFO(to_string(l.shape));
    const BatchNormOptions options{.channel_axis = l.channel_axis};
    const Tensors<T> at = cast<T>(inputs(l.shape, l.channels));
    const Tensor<T> dy = Random(71).tensor<T>(l.shape);
    const Function<T> many = [&](Vars<T> in) { return staged_form(in, options); };
    const Function<T> one = [&](Vars<T> in) { return fused_form(in, options); };
    CHECK_THAT(value_of(one, at), AllClose(value_of(many, at), rounding<T>(16)));
    const Tensors<T> got = vjp_of(one, at, dy), expected = vjp_of(many, at, dy);
    for (std::size_t i = 0; i < 3; ++i) CHECK_THAT(got[i], AllClose(expected[i], rounding<T>(64)));
  }
}

TEST_CASE("batch_norm_relu: a gradient passes exactly where y is above zero, and none at zero",
          "[layers][batch_norm_relu]") {
  // Channel 0 is centred on 0 and holds its mean: z = 0 there. Channel 1 is all below, channel 2 all above.
  const Tensor<double> x({4, 3}, {-1, 1, 1, 0, 2, 2, 0, 3, 3, 1, 4, 4});
  const Tensor<double> gamma({3}, {1, 1, 1}), beta({3}, {0, -5, 5});
  const Tensor<double> dy = Random(73).tensor<double>({4, 3});
  for (const bool one_node : {false, true}) {
    Tape<double> tape;
    const Var<double> in = tape.leaf(x), shift = tape.leaf(beta);
    const Var<double> y = one_node ? fused::batch_norm_relu(in, tape.leaf(gamma), shift).y
                                   : staged::batch_norm_relu(in, tape.leaf(gamma), shift).y;
    const Gradients<double> grads = backward(y, dy);
    CHECK(y.value()[3] == 0);
    CHECK(grads[shift][0] == dy[9]);  // only the last row is above zero
    CHECK(grads[shift][1] == 0);
    CHECK(std::abs(grads[shift][2] - (dy[2] + dy[5] + dy[8] + dy[11])) < rounding<double>());
    for (Index i = 1; i < 12; i += 3) CHECK(grads[in][i] == 0);
  }
}

TEST_CASE("batch_norm_relu: the fused node keeps nothing of the size of x but x",
          "[layers][batch_norm_relu]") {
  Tape<float> tape;
  const Tensors<float> at = inputs({9, 5}, 5);
  fused::batch_norm_relu(tape.leaf(at[0], "x"), tape.leaf(at[1], "gamma"), tape.leaf(at[2], "beta"));
  const Graph graph = snapshot(tape);
  for (const auto& saved : graph.nodes.back().saved) {
    INFO(saved.name);
    CHECK((saved.name == "x" || saved.shape.size() == 5));
  }
  CHECK(graph.nodes.back().op == "batch_norm_relu");
}

TEST_CASE("batch_norm_relu: a NaN stays in its channel and shows", "[layers][batch_norm_relu]") {
  Tensor<double> x = Random(79).tensor<double>({5, 3});
  x.mutable_data()[4] = std::numeric_limits<double>::quiet_NaN();
  for (const bool one_node : {false, true}) {
    const Tensor<double> y =
        (one_node ? fused::batch_norm_relu<double>(x, {}, {}) : staged::batch_norm_relu<double>(x, {}, {}))
            .y.value();
    for (Index i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i % 3 == 1));
  }
}

TEST_CASE("batch_norm_relu: errors carry its name", "[layers][batch_norm_relu]") {
  for (const auto form : {staged::batch_norm_relu<float>, fused::batch_norm_relu<float>}) {
    CHECK_THROWS_WITH(form(Tensor<float>::zeros({1, 3}), {}, {}, {}),
                      "batch_norm_relu: x has shape [1, 3] with 1 values per channel, expected at least 2 in "
                      "training");
    CHECK_THROWS_WITH(form(Tensor<float>::zeros({4, 3}), Tensor<float>::zeros({4}), {}, {}),
                      "batch_norm_relu: gamma has shape [4], expected [3]");
  }
}
