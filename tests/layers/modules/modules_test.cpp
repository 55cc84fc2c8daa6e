// SPDX-License-Identifier: MIT
// What a module computes: its function, with its own parameters, in the mode it is in.
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <layers/batch_norm_eval.h>
#include <layers/modules/batch_norm.h>
#include <layers/modules/group_norm.h>
#include <layers/modules/instance_norm.h>
#include <layers/modules/layer_norm.h>
#include <layers/modules/linear.h>
#include <tests/support/all_close.h>
#include <tests/support/random.h>
#include <tests/support/tolerances.h>

#include <limits>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double> x73 = Random(41).tensor<double>({7, 3}, -1, 4);
const Tensor<double> dy73 = Random(43).tensor<double>({7, 3});

// Other numbers than 1 and 0.
template <class T>
void move_parameters(Module<T>& module) {
  Random random(47);
  for (const auto& [name, parameter] : module.parameters())
    parameter->assign(random.tensor<T>(parameter->shape(), 0.5, 2));
}

}  // namespace

TEST_CASE("BatchNorm: training is the layer's function, and gradients are asked for by parameter",
          "[layers][modules]") {
  const Form form = GENERATE(Form::staged, Form::fused);
  BatchNorm<double> bn({.channels = 3, .eps = 1e-3, .form = form});
  move_parameters(bn);
  Tape<double> tape;
  const Var<double> x = tape.leaf(x73);
  const auto batch = bn.forward(x);
  const Gradients<double> grads = backward(batch.y, dy73);

  Tape<double> plain;
  const Var<double> in = plain.leaf(x73), gamma = plain.leaf(bn.gamma), beta = plain.leaf(bn.beta);
  const auto expected = staged::batch_norm<double>(in, gamma, beta, {.eps = 1e-3});
  const Gradients<double> expected_grads = backward(expected.y, dy73);
  CHECK_THAT(batch.y.value(), AllClose(expected.y.value(), rounding<double>(16)));
  CHECK_THAT(grads[bn.gamma], AllClose(expected_grads[gamma], rounding<double>(16)));
  CHECK_THAT(grads[bn.beta], AllClose(expected_grads[beta], rounding<double>(16)));
  CHECK_THAT(grads[x], AllClose(expected_grads[in], rounding<double>(16)));
}

TEST_CASE("BatchNorm: evaluation uses the running statistics, and does not change them",
          "[layers][modules]") {
  const Form form = GENERATE(Form::staged, Form::fused);
  BatchNorm<double> bn({.channels = 3, .momentum = 0.25, .form = form});
  bn.update(bn.forward(x73));
  const Tensor<double> mean = bn.running().mean(), var = bn.running().var();
  bn.eval();
  CHECK_FALSE(bn.training());
  const Var<double> y = bn(Var<double>(dy73));
  CHECK_THAT(y.value(), AllClose(staged::batch_norm_eval<double>(dy73, {}, {}, mean, var).y.value(),
                                 rounding<double>(4)));
  CHECK_THAT(bn.running().mean(), Equals(mean));
  CHECK_THROWS_WITH(bn.update(bn.forward(x73)),
                    "batch_norm: update came in evaluation mode, expected training");
  CHECK(bn.running().batches() == 1);
  bn.train();
  bn.reset_running();
  CHECK_THAT(bn.running().var(), Equals(Tensor<double>::full({3}, 1)));
}

TEST_CASE("BatchNorm: only update() steps the statistics, whatever is replayed or differentiated",
          "[layers][modules]") {
  const Form form = GENERATE(Form::staged, Form::fused);
  BatchNorm<double> bn({.channels = 3, .form = form});
  Tape<double> tape;
  const Var<double> x = tape.leaf(x73);
  const auto batch = bn.forward(x);
  const Gradients<double> first = backward(batch.y, dy73, {.record = true});
  backward(sum(square(first.var(x))), {.keep_saved = true});
  jvp<double>(batch.y, std::vector{x}, std::vector{dy73});
  bn.forward(x73);
  CHECK(bn.running().batches() == 0);
  CHECK_THAT(bn.running().mean(), Equals(Tensor<double>::zeros({3})));
  bn.update(batch);
  CHECK(bn.running().batches() == 1);
  for (Index c = 0; c < 3; ++c) {
    CHECK(std::abs(bn.running().mean()[c] - 0.1 * batch.mean[c]) < rounding<double>());
    CHECK(std::abs(bn.running().var()[c] - (0.9 + 0.1 * batch.var[c] * 7 / 6)) < rounding<double>());
  }
}

TEST_CASE("BatchNorm: without tracking evaluation uses the batch, without affine there is nothing to learn",
          "[layers][modules]") {
  BatchNorm<double> bn({.channels = 3, .affine = false, .tracking = false});
  const Tensor<double> trained = bn(Var<double>(x73)).value();
  bn.update(bn.forward(x73));
  CHECK(bn.running().batches() == 0);
  bn.eval();
  CHECK_THAT(bn(Var<double>(x73)).value(), Equals(trained));
  CHECK(bn.parameters().empty());
  CHECK(bn.state().empty());
}

TEST_CASE("BatchNorm: a batch with a NaN spoils one channel, of y and of the statistics",
          "[layers][modules]") {
  const Form form = GENERATE(Form::staged, Form::fused);
  BatchNorm<double> bn({.channels = 3, .form = form});
  Tensor<double> x = x73.clone();
  x.mutable_data()[4] = std::numeric_limits<double>::quiet_NaN();  // channel 1
  const auto batch = bn.forward(x);
  bn.update(batch);
  for (Index i = 0; i < x.size(); ++i) CHECK(std::isnan(batch.y.value()[i]) == (i % 3 == 1));
  for (Index c = 0; c < 3; ++c) {
    CHECK(std::isnan(bn.running().mean()[c]) == (c == 1));
    CHECK(std::isnan(bn.running().var()[c]) == (c == 1));
  }
}

TEST_CASE("BatchNorm: what does not fit is refused before anything changes", "[layers][modules]") {
  CHECK_THROWS_WITH(BatchNorm<float>({.channels = 0}), "batch_norm: channels is 0, expected at least 1");
  CHECK_THROWS_WITH(BatchNorm<float>({.channels = 3, .eps = -1}),
                    "batch_norm: eps is -1, expected a finite number >= 0");
  CHECK_THROWS_AS(BatchNorm<float>({.channels = 3, .momentum = 2}), ValueError);
  BatchNorm<double> bn({.channels = 4});
  CHECK_THROWS_WITH(bn.forward(x73), "batch_norm: x has shape [7, 3] with 3 channels, expected 4");
  BatchNorm<double> three({.channels = 3});
  CHECK_THROWS_AS(bn.update(three.forward(x73)), ShapeError);
  CHECK_THROWS_AS(three.forward(Tensor<double>::zeros({0, 3})), ShapeError);
  CHECK(bn.running().batches() == 0);
}

TEST_CASE("InstanceNorm: tracks the average of the instances' statistics, unbiased, if told to",
          "[layers][modules]") {
  const Form form = GENERATE(Form::staged, Form::fused);
  InstanceNorm<double> in({.channels = 2, .momentum = 1, .affine = true, .tracking = true, .form = form});
  move_parameters(in);
  const Tensor<double> x = Random(53).tensor<double>({3, 2, 5});
  const auto batch = in.forward(x);
  in.update(batch);
  for (Index c = 0; c < 2; ++c) {
    double mean = 0, var = 0;
    for (Index n = 0; n < 3; ++n) mean += batch.mean[2 * n + c] / 3, var += batch.var[2 * n + c] / 3 * 5 / 4;
    CHECK(std::abs(in.running().mean()[c] - mean) < rounding<double>());
    CHECK(std::abs(in.running().var()[c] - var) < rounding<double>());
  }
  in.eval();
  const auto given = in.forward(x);
  CHECK_THAT(given.mean, Equals(in.running().mean()));
  CHECK_THAT(given.y.value(), AllClose(staged::batch_norm_eval<double>(
                                           x, Var<double>(in.gamma.value()), Var<double>(in.beta.value()),
                                           in.running().mean(), in.running().var())
                                           .y.value(),
                                       rounding<double>(4)));
}

TEST_CASE("LayerNorm, RmsNorm, GroupNorm and Linear: the layer's function with the module's parameters",
          "[layers][modules]") {
  const Form form = GENERATE(Form::staged, Form::fused);
  const Tensor<double> x = Random(59).tensor<double>({5, 4, 6});
  const auto constant = [](const Parameter<double>& p) { return Var<double>(p.value()); };
  LayerNorm<double> ln({.normalized_shape = {4, 6}, .form = form});
  RmsNorm<double> rms({.normalized_shape = {6}, .form = form});
  GroupNorm<double> gn({.channels = 4, .groups = 2, .form = form});
  Linear<double> linear({.in = 3, .out = 2, .form = form});
  for (Module<double>* module : std::initializer_list<Module<double>*>{&ln, &rms, &gn, &linear})
    move_parameters(*module);
  CHECK_THAT(ln(x).value(), AllClose(staged::layer_norm<double>(x, constant(ln.gamma), constant(ln.beta),
                                                                {.normalized_axes = 2})
                                         .y.value(),
                                     rounding<double>(16)));
  CHECK_THAT(rms(x).value(),
             AllClose(staged::rms_norm<double>(x, constant(rms.gamma)).y.value(), rounding<double>(16)));
  CHECK_THAT(
      gn(x).value(),
      AllClose(staged::group_norm<double>(x, constant(gn.gamma), constant(gn.beta), {.groups = 2}).y.value(),
               rounding<double>(16)));
  CHECK_THAT(linear(x73).value(),
             AllClose(staged::linear<double>(x73, constant(linear.weight), constant(linear.bias)).value(),
                      rounding<double>(4)));

  CHECK_THROWS_WITH(ln(x73), "layer_norm: x has shape [7, 3], expected one that ends in [4, 6]");
  CHECK_THROWS_WITH(rms(x73), "rms_norm: x has shape [7, 3], expected one that ends in [6]");
  CHECK_THROWS_WITH(gn(x73), "group_norm: x has shape [7, 3] with 3 channels, expected 4");
  CHECK_THROWS_AS(GroupNorm<double>({.channels = 6, .groups = 4}), ShapeError);
  CHECK_THROWS_WITH(GroupNorm<double>({.channels = 6, .groups = -2}),
                    "group_norm: groups is -2, expected at least 1");
  CHECK_THROWS_WITH(LayerNorm<double>({.normalized_shape = {}}),
                    "layer_norm: normalized_shape is [], expected one axis or more, none of them empty");
  CHECK_THROWS_WITH(Linear<double>({.in = 0, .out = 2}), "linear: in is 0, expected at least 1");
}

TEST_CASE("Linear: the first weights come from the seed and fill ±1/√in", "[layers][modules]") {
  const Linear<float> one({.in = 16, .out = 50, .seed = 7}), same({.in = 16, .out = 50, .seed = 7}),
      other({.in = 16, .out = 50, .seed = 8});
  CHECK_THAT(one.weight.value(), Equals(same.weight.value()));
  CHECK_FALSE(one.weight.value()[0] == other.weight.value()[0]);
  const auto values = one.weight.value().values();
  CHECK(*std::ranges::max_element(values) > 0.24F);
  CHECK(*std::ranges::max_element(values) <= 0.25F);
  CHECK(*std::ranges::min_element(values) < -0.24F);
}
