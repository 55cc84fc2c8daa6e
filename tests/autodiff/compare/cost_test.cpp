// SPDX-License-Identifier: MIT
#include <autodiff/compare/compare.h>
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <tests/support/catch.h>

using namespace wengert;

namespace {

Subject<float> batch_norm_subject(const Shape& shape) {
  return make_subject<float>(
      "batch_norm",
      {{"x", random_normal<float>(shape, 1)},
       {"gamma", random_normal<float>({shape[1]}, 2)},
       {"beta", random_normal<float>({shape[1]}, 3)}},
      [](auto in) { return staged::batch_norm(in[0], in[1], in[2]).y; },
      [](auto in) { return fused::batch_norm(in[0], in[1], in[2]).y; });
}

constexpr TimingOptions quick{.seconds = 0, .least_rounds = 2, .most_rounds = 2};

}  // namespace

TEST_CASE("ledger: the graph keeps two tensors of the size of x, the closed form only statistics",
          "[compare]") {
  const Shape shape{33, 7};
  const std::size_t x = 33 * 7 * sizeof(float);
  const std::size_t channel = 7 * sizeof(float);
  const Subject<float> subject = batch_norm_subject(shape);
  const Tensor<float> dy = random_normal<float>(shape, 4);

  const Ledger staged = measure_memory(subject.staged.narrow(), subject.inputs, dy);
  CHECK(staged.op_nodes == 10);
  CHECK(staged.saved_bytes == 2 * x + 2 * channel);  // centred, xhat; the root, its reciprocal

  const Ledger fused = measure_memory(subject.fused.narrow(), subject.inputs, dy);
  CHECK(fused.op_nodes == 1);
  CHECK(fused.saved_bytes == 3 * channel);         // mean, its low part, inv_std
  CHECK(fused.peak_bytes < 2 * x + 10 * channel);  // y and dx, and statistics
  CHECK(fused.peak_bytes >= 2 * x + 3 * channel);
  CHECK(staged.peak_bytes > fused.peak_bytes);
}

TEST_CASE("ledger: measuring leaves nothing alive behind", "[compare]") {
  const Subject<float> subject = batch_norm_subject({9, 4});
  const Tensor<float> dy = random_normal<float>({9, 4}, 4);
  const std::size_t before = memory::stats().live_bytes;
  measure_memory(subject.staged.narrow(), subject.inputs, dy);
  CHECK(memory::stats().live_bytes == before);
}

TEST_CASE("timing: quartiles of known samples", "[compare]") {
  const Quartiles q = quartiles({5, 1, 4, 2, 3});
  CHECK(q.lower == 2);
  CHECK(q.median == 3);
  CHECK(q.upper == 4);
  CHECK(quartiles({1, 2}).median == 1.5);
  CHECK(quartiles({}).median == 0);
}

TEST_CASE("compare: forms that agree are timed, forms that do not are not", "[compare]") {
  Subject<float> subject = batch_norm_subject({12, 5});
  const Comparison good = compare(subject, {.timing = quick});
  CHECK(good.holds());
  REQUIRE(good.staged.timing);
  CHECK(good.staged.timing->rounds == 2);
  CHECK(good.fused.timing->step.median > 0);
  CHECK(good.dtype == "float32");
  CHECK(good.inputs.size() == 3);

  subject.fused = [](std::span<const Var<float>> in) {
    return staged::batch_norm<float>(in[0] * 2.0, in[1], in[2]).y * 1.001F;
  };
  const Comparison bad = compare(subject, {.timing = quick});
  CHECK_FALSE(bad.holds());
  CHECK_FALSE(bad.staged.timing);
  CHECK_FALSE(bad.fused.timing);
}

TEST_CASE("compare: the stages are announced in order", "[compare]") {
  std::vector<std::string> stages;
  CompareOptions options{.timing = quick};
  options.progress = [&](std::string_view stage) { stages.emplace_back(stage); };
  compare(batch_norm_subject({6, 2}), options);
  CHECK(stages == std::vector<std::string>{"comparing values and gradients",
                                           "checking gradients against differences", "counting bytes",
                                           "measuring times"});
}
