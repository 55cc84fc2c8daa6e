// SPDX-License-Identifier: MIT
// The classifier on the digits: it learns, both forms learn the same, every run is the same.
#include <tests/support/catch.h>
#include <tests/support/source_folder.h>
#include <tools/train/train_report.h>

#include <limits>

using namespace wengert;
using namespace wengert::train;

namespace {

template <class T>
const Digits<T>& digits() {
  static const Digits<T> data = load_digits<T>(testing::source_folder() / "tools/data", 1);
  return data;
}

TrainOptions options(NormKind norm, int epochs) { return {.norm = norm, .epochs = epochs}; }

// Each of the batch · width terms of the longest sum in a step rounds once.
template <class T>
constexpr double one_step = 64 * 96 * static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;

constexpr double one_point = 0.01;

}  // namespace

TEST_CASE("train: batch norm reaches 97 % on the held-out fifth in either form, within a point of the other",
          "[train]") {
  const TrainRun staged = train::train(options(NormKind::batch_norm, 12), Form::staged, digits<float>());
  const TrainRun fused = train::train(options(NormKind::batch_norm, 12), Form::fused, digits<float>());
  CHECK(staged.final_accuracy() >= 0.97);
  CHECK(fused.final_accuracy() >= 0.97);
  CHECK(std::abs(staged.final_accuracy() - fused.final_accuracy()) <= one_point);
  CHECK(largest_difference(staged, fused, 20) <= one_step<float>);
  CHECK(staged.losses.size() == 12 * 23);
  CHECK(fused.saved_bytes < staged.saved_bytes);
  CHECK(fused.peak_bytes < staged.peak_bytes);
}

TEST_CASE("train: in float64 both forms stay together over a whole run, whatever the norm", "[train]") {
  const NormKind norm = GENERATE(NormKind::batch_norm, NormKind::layer_norm, NormKind::group_norm,
                                 NormKind::rms_norm, NormKind::none);
  const OptimizerKind optimizer = norm == NormKind::layer_norm ? OptimizerKind::sgd : OptimizerKind::adam;
  TrainOptions o = options(norm, norm == NormKind::batch_norm ? 12 : 4);
  o.optimizer = optimizer;
  const TrainRun staged = train::train(o, Form::staged, digits<double>());
  const TrainRun fused = train::train(o, Form::fused, digits<double>());
  INFO("norm " << static_cast<int>(norm));
  CHECK(largest_difference(staged, fused, 20) <= one_step<double>);
  CHECK(largest_difference(staged, fused) <= 1e-6);
  CHECK(std::abs(staged.final_accuracy() - fused.final_accuracy()) <= one_point);
  CHECK(fused.final_accuracy() > 0.9);
}

TEST_CASE("train: the same seed gives the same run, another seed another", "[train]") {
  TrainOptions o = options(NormKind::batch_norm, 1);
  const TrainRun first = train::train(o, Form::fused, digits<float>());
  CHECK(train::train(o, Form::fused, digits<float>()).losses == first.losses);
  o.seed = 2;
  CHECK_FALSE(train::train(o, Form::fused, digits<float>()).losses == first.losses);
}

TEST_CASE("train: progress comes after every epoch, and measuring memory leaves no trace", "[train]") {
  int epochs = 0;
  std::string line;
  train::train<float>(options(NormKind::rms_norm, 2), Form::fused, digits<float>(), [&](const TrainRun& run) {
    ++epochs;
    line = progress_line(run, 2);
  });
  CHECK(epochs == 2);
  CHECK_THAT(line, Catch::Matchers::StartsWith("fused  epoch 2/2  loss 0."));
}

TEST_CASE("train: options out of range are refused", "[train]") {
  const auto error = [](TrainOptions o) -> std::string {
    try {
      train::train(o, Form::fused, digits<float>());
    } catch (const ValueError& e) {
      return e.what();
    }
    return "no error";
  };
  CHECK(error({.epochs = 0}) == "train: epochs is 0, expected at least 1");
  CHECK(error({.batch = 1}) == "train: batch is 1, expected at least 2");
  CHECK(error({.learning_rate = -1}) == "train: learning rate is -1, expected a finite number > 0");
  CHECK_THROWS_AS(norm_kind("spectral_norm"), ValueError);
}
