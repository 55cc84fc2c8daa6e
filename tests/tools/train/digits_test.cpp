// SPDX-License-Identifier: MIT
#include <tests/support/all_close.h>
#include <tests/support/source_folder.h>
#include <tests/support/temporary_folder.h>
#include <tools/npy.h>
#include <tools/train/digits.h>
#include <tools/train/plot.h>

#include <algorithm>
#include <filesystem>

using namespace wengert;
using namespace wengert::train;
using Catch::Matchers::ContainsSubstring;

namespace {

std::filesystem::path data() { return testing::source_folder() / "tools/data"; }

TrainReport small_report() {
  TrainRun run{.form = Form::fused,
               .losses = {2, 1, 0.5},
               .epochs = {{.loss = 1.2, .accuracy = 0.5, .seconds = 0.25},
                          {.loss = 0.5, .accuracy = 0.75, .seconds = 0.5}},
               .saved_bytes = 1024,
               .peak_bytes = 4096};
  TrainRun other = run;
  other.form = Form::staged;
  other.losses[1] = 1.25;
  return {.norm = "batch_norm",
          .dtype = "float32",
          .optimizer = "adam",
          .options = {.epochs = 2},
          .runs = {other, run}};
}

}  // namespace

TEST_CASE("digits: a fifth is held out, nothing is lost and nothing is in both", "[train]") {
  const Digits<float> digits = load_digits<float>(data(), 1);
  CHECK(digits.held_out.size() == 359);
  CHECK(digits.training.size() == 1438);
  CHECK(digits.training.images.shape() == Shape{1438, 64});
  const auto values = digits.training.images.values();
  CHECK(*std::ranges::max_element(values) == 1);
  CHECK(*std::ranges::min_element(values) == 0);
  double sum = 0;
  for (const auto* part : {&digits.training, &digits.held_out}) {
    for (const float value : part->images.values()) sum += value;
  }
  double all = 0;
  const Tensor<float> images = read_npy<float>(data() / "digits_images.npy");
  for (const float value : images.values()) all += value / 16;
  CHECK(sum == all);
  CHECK_FALSE(load_digits<float>(data(), 2).held_out.classes == digits.held_out.classes);
}

TEST_CASE("digits: an order holds every place once, and is the seed's", "[train]") {
  std::vector<Index> order = shuffled(100, 7);
  CHECK(order == shuffled(100, 7));
  CHECK_FALSE(order == shuffled(100, 8));
  std::ranges::sort(order);
  for (Index i = 0; i < 100; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("digits: a folder that is none, or files that do not belong together, are refused by name",
          "[train]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(load_digits<float>(folder.path(), 1), ContainsSubstring("digits_images.npy"));
  std::filesystem::copy(data() / "digits_labels.npy", folder / "digits_labels.npy");
  write_npy(folder / "digits_images.npy", Tensor<float>::zeros({5, 64}));
  CHECK_THROWS_WITH(load_digits<float>(folder.path(), 1),
                    ContainsSubstring("has shape [5, 64], expected [1797, pixels]"));
}

TEST_CASE("train report: the table has a line a form and the distance of the curves", "[train]") {
  const std::string text = to_text(small_report());
  INFO(text);
  CHECK_THAT(text, ContainsSubstring("staged"));
  CHECK_THAT(text, ContainsSubstring("1 KiB"));
  CHECK_THAT(text, ContainsSubstring("4 KiB"));
  CHECK_THAT(text, ContainsSubstring("75.00 %"));
  CHECK_THAT(text, ContainsSubstring("largest difference between the loss curves: 0.25"));
  CHECK_THAT(to_json(small_report()), ContainsSubstring("\"largest_loss_difference\": 0.25"));
}

TEST_CASE("train plot: the script holds every number, and quotes what it is given", "[train]") {
  TrainReport report = small_report();
  report.norm = "o'clock";
  const std::string script = gnuplot_script(report);
  CHECK_THAT(script, ContainsSubstring("title 'digits, o''clock, "));
  CHECK_THAT(script, ContainsSubstring("2 1.25\n"));
  CHECK_THAT(script, ContainsSubstring("2 75\n"));
  CHECK_THAT(script, ContainsSubstring("title 'staged'"));
}
