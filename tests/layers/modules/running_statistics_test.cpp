// SPDX-License-Identifier: MIT
#include <layers/modules/running_statistics.h>
#include <tests/support/all_close.h>
#include <tests/support/tolerances.h>

#include <cmath>
#include <limits>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double> mean2({2}, {4, -2});
const Tensor<double> var2({2}, {3, 6});  // of 4 values: 4 and 8 without bias

RunningStatistics<double> statistics(std::optional<double> momentum) { return {"bn", 2, momentum}; }

}  // namespace

TEST_CASE("running statistics: momentum is the share of the new batch, and the variance is unbiased",
          "[layers][modules]") {
  RunningStatistics<double> s = statistics(0.25);
  CHECK_THAT(s.mean(), Equals(Tensor<double>::zeros({2})));
  CHECK_THAT(s.var(), Equals(Tensor<double>::full({2}, 1)));
  s.update(mean2, var2, 4);
  CHECK_THAT(s.mean(), Equals(Tensor<double>({2}, {1, -0.5})));
  CHECK_THAT(s.var(), Equals(Tensor<double>({2}, {0.75 + 1, 0.75 + 2})));
  CHECK(s.batches() == 1);
  s.reset();
  CHECK_THAT(s.mean(), Equals(Tensor<double>::zeros({2})));
  CHECK(s.batches() == 0);
}

TEST_CASE("running statistics: without a momentum they are the average over the batches",
          "[layers][modules]") {
  RunningStatistics<double> s = statistics(std::nullopt);
  const Tensor<double> other({2}, {1, 1});
  s.update(mean2, var2, 4);
  CHECK_THAT(s.mean(), Equals(mean2));  // the start has no share
  s.update(other, other, 2);
  s.update(other, other, 2);
  CHECK_THAT(s.mean(), AllClose(Tensor<double>({2}, {2, 0}), rounding<double>()));
  CHECK_THAT(s.var(), AllClose(Tensor<double>({2}, {8.0 / 3, 4}), rounding<double>()));
}

TEST_CASE("running statistics: what was handed out before a step does not change with it",
          "[layers][modules]") {
  RunningStatistics<double> s = statistics(1);
  const Tensor<double> before = s.mean();
  s.update(mean2, var2, 4);
  CHECK_THAT(before, Equals(Tensor<double>::zeros({2})));
  CHECK_THAT(s.mean(), Equals(mean2));
}

TEST_CASE("running statistics: a NaN stays in its channel", "[layers][modules]") {
  RunningStatistics<double> s = statistics(0.5);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  s.update(Tensor<double>({2}, {nan, 2}), Tensor<double>({2}, {nan, 1}), 2);
  CHECK(std::isnan(s.mean()[0]));
  CHECK(std::isnan(s.var()[0]));
  CHECK(s.mean()[1] == 1);
  CHECK(s.var()[1] == 1.5);
}

TEST_CASE("running statistics: what does not fit is refused, and nothing changes", "[layers][modules]") {
  RunningStatistics<double> s = statistics(0.5);
  s.update(mean2, var2, 4);
  const Tensor<double> mean = s.mean(), var = s.var(), three = Tensor<double>::zeros({3});
  CHECK_THROWS_WITH(s.update(three, var2, 4), "bn: batch mean has shape [3], expected [2]");
  CHECK_THROWS_WITH(s.update(mean2, three, 4), "bn: batch variance has shape [3], expected [2]");
  CHECK_THROWS_WITH(s.update(mean2, var2, 1), "bn: count is 1, expected at least 2 values per channel");
  CHECK_THROWS_WITH(s.assign(mean2, three, 0), "bn: running_var has shape [3], expected [2]");
  CHECK_THROWS_WITH(s.assign(three, var2, 0), "bn: running_mean has shape [3], expected [2]");
  CHECK_THROWS_WITH(s.assign(mean2, Tensor<double>({2}, {1, -1}), 0),
                    "bn: running_var[1] is -1, expected a variance >= 0");
  CHECK_THROWS_WITH(s.assign(mean2, var2, -1), "bn: num_batches_tracked is -1, expected at least 0");
  CHECK_THAT(s.mean(), Equals(mean));
  CHECK_THAT(s.var(), Equals(var));
  CHECK(s.batches() == 1);
}

TEST_CASE("running statistics: a momentum outside [0, 1] is refused", "[layers][modules]") {
  CHECK_THROWS_WITH(statistics(1.5),
                    "bn: momentum is 1.5, expected a number from 0 to 1, or none for the cumulative average");
  CHECK_THROWS_AS(statistics(-0.1), ValueError);
  CHECK_THROWS_AS(statistics(std::nan("")), ValueError);
  CHECK_THROWS_WITH(RunningStatistics<double>("bn", 0, 0.1), "bn: channels is 0, expected at least 1");
}
