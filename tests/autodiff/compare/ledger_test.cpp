// SPDX-License-Identifier: MIT
// The peak of a step, by a dry run, is the measured one to the byte.
#include <autodiff/compare/ledger.h>
#include <autodiff/compare/random_numbers.h>
#include <autodiff/kernels/scratch.h>
#include <autodiff/ops.h>
#include <layers/batch_norm_relu.h>
#include <layers/instance_norm.h>
#include <layers/linear.h>
#include <layers/softmax_cross_entropy.h>
#include <tests/support/catch.h>
#include <tests/support/faulty_norm.h>

using namespace wengert;
using namespace wengert::test;

namespace {

template <class T>
std::vector<NamedTensor<T>> norm_inputs(const Shape& shape, bool beta) {
  std::vector<NamedTensor<T>> inputs{{"x", random_normal<T>(shape, 1)},
                                     {"gamma", random_normal<T>({shape[1]}, 2)}};
  if (beta) inputs.push_back({"beta", random_normal<T>({shape[1]}, 3)});
  return inputs;
}

template <class T>
void check_peak(const Layer<T>& layer, const std::vector<NamedTensor<T>>& inputs, const Shape& y) {
  const std::size_t before = memory::stats().live_bytes;
  const Ledger ledger = measure_memory(layer, inputs, random_normal<T>(y, 4));
  CHECK(ledger.predicted_peak_bytes == ledger.peak_bytes);
  CHECK(ledger.peak_bytes > 0);
  CHECK(memory::stats().live_bytes == before);
}

}  // namespace

TEMPLATE_TEST_CASE("ledger: predicted and measured peak are equal for both forms of every norm", "[compare]",
                   float, double) {
  using T = TestType;
  const Shape shape = GENERATE(Shape{2, 4}, Shape{33, 6}, Shape{5, 4, 7}, Shape{4, 8, 9, 11}, Shape{700, 90});
  const Norm norm = GENERATE(Norm::batch, Norm::layer, Norm::group, Norm::rms);
  if (norm == Norm::layer || norm == Norm::rms) {
    if (shape.rank() != 2) return;  // gamma has the last axis
  }
  CAPTURE(name(norm), shape);
  const auto inputs = norm_inputs<T>(shape, norm != Norm::rms);
  check_peak<T>([=](std::span<const Var<T>> in) { return staged_norm<T>(norm, in); }, inputs, shape);
  check_peak<T>([=](std::span<const Var<T>> in) { return fused_norm<T>(norm, in); }, inputs, shape);
}

TEST_CASE("ledger: predicted and measured peak are equal for instance norm and for a small network",
          "[compare]") {
  const auto inputs = norm_inputs<float>({3, 4, 25}, true);
  using In = std::span<const Var<float>>;
  check_peak<float>([](In in) { return staged::instance_norm<float>(in[0], in[1], in[2]).y; }, inputs,
                    {3, 4, 25});
  check_peak<float>([](In in) { return fused::instance_norm<float>(in[0], in[1], in[2]).y; }, inputs,
                    {3, 4, 25});
  const std::vector<NamedTensor<float>> two{{"x", random_normal<float>({31, 9}, 1)},
                                            {"w", random_normal<float>({9, 17}, 2)}};
  check_peak<float>([](In in) { return relu(tanh(matmul(in[0], in[1])) * 2 - 0.5); }, two, {31, 17});
}

TEST_CASE("ledger: predicted and measured peak are equal for both forms of the other layers", "[compare]") {
  using In = std::span<const Var<float>>;
  const auto norm = norm_inputs<float>({13, 6}, true);
  check_peak<float>([](In in) { return staged::batch_norm_relu<float>(in[0], in[1], in[2]).y; }, norm,
                    {13, 6});
  check_peak<float>([](In in) { return fused::batch_norm_relu<float>(in[0], in[1], in[2]).y; }, norm,
                    {13, 6});

  const std::vector<NamedTensor<float>> linear{{"x", random_normal<float>({11, 5}, 1)},
                                               {"weight", random_normal<float>({7, 5}, 2)},
                                               {"bias", random_normal<float>({7}, 3)}};
  check_peak<float>([](In in) { return staged::linear<float>(in[0], in[1], in[2]); }, linear, {11, 7});
  check_peak<float>([](In in) { return fused::linear<float>(in[0], in[1], in[2]); }, linear, {11, 7});

  const std::vector<NamedTensor<float>> logits{{"logits", random_normal<float>({6, 4}, 1)}};
  const std::vector<std::int64_t> classes{0, 3, 1, 2, 2, 0};
  check_peak<float>([&](In in) { return staged::softmax_cross_entropy<float>(in[0], classes); }, logits, {});
  check_peak<float>([&](In in) { return fused::softmax_cross_entropy<float>(in[0], classes); }, logits, {});
}

TEST_CASE("ledger: a dry run computes nothing and needs no memory", "[compare]") {
  const Layer<float> layer = [](std::span<const Var<float>> in) { return tanh(in[0]) * 3; };
  const Ledger small = measure_memory<float>(layer, {{"x", random_normal<float>({64, 16}, 1)}},
                                             random_normal<float>({64, 16}, 2));
  // 64 GiB of x, and as much again for what is made of it.
  const Index rows = Index{1} << 24;
  const auto times = static_cast<std::size_t>(rows) * 1024 / (64 * 16);
  CHECK(predict_peak<float>(layer, {{rows, 1024}}) == small.peak_bytes * times);
  CHECK_FALSE(memory::account_only());
}

TEST_CASE("ledger: scratch counts while it is held", "[compare]") {
  memory::reset();
  const std::size_t before = memory::stats().live_bytes;
  {
    const kernels::ScratchCount scratch(12345);
    CHECK(memory::stats().live_bytes == before + 12345);
  }
  CHECK(memory::stats().live_bytes == before);
  CHECK(memory::stats().peak_bytes == before + 12345);
}

TEST_CASE("ledger: what the caller holds and what is shared stand apart", "[compare]") {
  const std::vector<NamedTensor<float>> inputs{{"x", random_normal<float>({11, 3}, 1)}};
  const Layer<float> layer = [](std::span<const Var<float>> in) {
    const Var<float> y = tanh(in[0]);
    return y * y * in[0];
  };
  const Ledger ledger = measure_memory(layer, inputs, random_normal<float>({11, 3}, 2));
  std::size_t held = 0, kept = 0, shared = 0;
  for (const LedgerEntry& e : ledger.entries) {
    const std::size_t counted = e.shared ? 0 : e.bytes;
    held += e.held_by_caller ? counted : 0;
    kept += e.held_by_caller ? 0 : counted;
    shared += e.shared ? 1 : 0;
  }
  CHECK(held == ledger.held_bytes);
  CHECK(kept == ledger.saved_bytes);
  CHECK(held == 132);  // x
  CHECK(kept == 264);  // tanh x, and its square
  CHECK(shared > 0);
}
