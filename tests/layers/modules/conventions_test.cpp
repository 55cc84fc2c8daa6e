// SPDX-License-Identifier: MIT
#include <layers/modules/batch_norm.h>
#include <layers/modules/conventions.h>
#include <layers/modules/linear.h>
#include <tests/support/all_close.h>
#include <tests/support/random.h>
#include <tests/support/tolerances.h>

using namespace wengert;
using namespace wengert::test;

namespace {

Tensor<double> random3(std::uint64_t seed) { return Random(seed).tensor<double>({3}, 0.5, 2); }

BatchNorm<double> trained() {
  BatchNorm<double> bn({.channels = 3});
  bn.gamma.assign(random3(1));
  bn.beta.assign(random3(2));
  bn.update(random3(3), random3(4), 5);
  return bn;
}

}  // namespace

TEST_CASE("momentum is the share of the new batch for PyTorch, of the old value for the others",
          "[layers][modules]") {
  CHECK(converted_momentum(Convention::pytorch, 0.25) == 0.25);
  for (const Convention c : {Convention::keras, Convention::onnx, Convention::flax}) {
    CHECK(converted_momentum(c, 0.75) == 0.25);
    CHECK(converted_momentum(c, converted_momentum(c, 0.125)) == 0.125);
  }
  CHECK_THROWS_WITH(converted_momentum(Convention::keras, 1.5),
                    "convention: momentum is 1.5, expected a number from 0 to 1");
}

TEST_CASE("a state comes in by the names of the other library", "[layers][modules]") {
  struct Library {
    Convention convention;
    const char *gamma, *beta, *mean, *var;
  };
  const Library library =
      GENERATE(Library{Convention::pytorch, "weight", "bias", "running_mean", "running_var"},
               Library{Convention::keras, "gamma", "beta", "moving_mean", "moving_variance"},
               Library{Convention::onnx, "scale", "B", "input_mean", "input_var"},
               Library{Convention::flax, "scale", "bias", "mean", "var"});
  State<double> theirs{{library.gamma, random3(1)},
                       {library.beta, random3(2)},
                       {library.mean, random3(3)},
                       {library.var, random3(4)}};
  if (library.convention == Convention::pytorch) theirs["num_batches_tracked"] = Tensor<double>::scalar(7);
  BatchNorm<double> bn({.channels = 3});
  bn.load_state(from_convention(theirs, bn, library.convention));
  CHECK_THAT(bn.gamma.value(), Equals(random3(1)));
  CHECK_THAT(bn.beta.value(), Equals(random3(2)));
  CHECK_THAT(bn.running().mean(), Equals(random3(3)));
  CHECK_THAT(bn.running().var(), Equals(random3(4)));
  CHECK(bn.running().batches() == (library.convention == Convention::pytorch ? 7 : 0));
  const State<double> back = to_convention(bn, library.convention);
  REQUIRE(back.size() == theirs.size());
  for (const auto& [name, tensor] : theirs) CHECK_THAT(back.at(name), Equals(tensor));
}

TEST_CASE("a biased running variance becomes the unbiased one, and biased again", "[layers][modules]") {
  const BatchNorm<double> bn = trained();
  const State<double> theirs = to_convention(bn, Convention::flax, 5);
  for (Index c = 0; c < 3; ++c)
    CHECK(std::abs(theirs.at("var")[c] - bn.running().var()[c] * 4 / 5) < rounding<double>());
  const State<double> ours = from_convention(theirs, bn, Convention::flax, 5);
  CHECK_THAT(ours.at("running_var"), AllClose(bn.running().var(), rounding<double>()));
  CHECK_THROWS_WITH(to_convention(bn, Convention::flax, 1),
                    "convention: biased_over is 1, expected at least 2 values per channel");
}

TEST_CASE("a kernel is the weight of a linear layer turned over", "[layers][modules]") {
  Linear<double> linear({.in = 2, .out = 3});
  const Tensor<double> kernel({2, 3}, {1, 2, 3, 4, 5, 6});
  const State<double> theirs{{"kernel", kernel}, {"bias", random3(5)}};
  linear.load_state(from_convention(theirs, linear, Convention::keras));
  CHECK_THAT(linear.weight.value(), Equals(Tensor<double>({3, 2}, {1, 4, 2, 5, 3, 6})));
  CHECK_THAT(to_convention(linear, Convention::flax).at("kernel"), Equals(kernel));
  CHECK_THAT(to_convention(linear, Convention::pytorch).at("weight"), Equals(linear.weight.value()));
  CHECK_THROWS_WITH(to_convention(linear, Convention::onnx),
                    "convention: bias belongs to a linear layer, which ONNX keeps either way round");
  CHECK_THROWS_WITH(
      from_convention({{"kernel", random3(5)}, {"bias", random3(5)}}, linear, Convention::keras),
      "convention: kernel has shape [3], expected [in, out]");
}

TEST_CASE("names that are missing or left over are refused", "[layers][modules]") {
  const BatchNorm<double> bn = trained();
  State<double> theirs = to_convention(bn, Convention::keras);
  theirs["moving_std"] = random3(1);
  CHECK_THROWS_WITH(from_convention(theirs, bn, Convention::keras),
                    "convention: moving_std is left over, nothing in the module is its counterpart");
  theirs.erase("moving_std");
  theirs.erase("gamma");
  CHECK_THROWS_WITH(from_convention(theirs, bn, Convention::keras),
                    "convention: gamma is missing, expected it for gamma");
}
