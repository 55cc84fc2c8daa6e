// SPDX-License-Identifier: MIT
// Ways to compute a variance, in float32 over one contiguous run: the error of each over mean/std, and the
// time.
#include <bench/peers/measure.h>
#include <fmt/format.h>
#include <layers/kernels/batch_norm.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

using namespace wengert;
using Values = std::vector<float>;

// Eight partial sums, as a compiler may not make them of one: the naive ways get their vectors too.
template <class Term>
float sum(const Values& x, Term term) {
  float lanes[8] = {};
  for (std::size_t i = 0; i < x.size(); i += 8) {
    for (std::size_t l = 0; l < 8; ++l) lanes[l] += term(x[i + l]);
  }
  float total = 0;
  for (const float lane : lanes) total += lane;
  return total;
}

float one_pass(const Values& x) {
  const auto n = static_cast<float>(x.size());
  const float mean = sum(x, [](float v) { return v; }) / n;
  return sum(x, [](float v) { return v * v; }) / n - mean * mean;
}

float shifted(const Values& x) {
  const auto n = static_cast<float>(x.size());
  const float shift = x[0];
  const float offset = sum(x, [shift](float v) { return v - shift; }) / n;
  return sum(x, [shift](float v) { return (v - shift) * (v - shift); }) / n - offset * offset;
}

float two_pass(const Values& x) {
  const auto n = static_cast<float>(x.size());
  const float mean = sum(x, [](float v) { return v; }) / n;
  return sum(x, [mean](float v) { return (v - mean) * (v - mean); }) / n;
}

float welford(const Values& x) {
  float mean = 0, m2 = 0, n = 0;
  for (const float v : x) {
    n += 1;
    const float delta = v - mean;
    mean += delta / n;
    m2 += delta * (v - mean);
  }
  return m2 / n;
}

float ours(const Values& x) {
  float hi = 0, lo = 0, var = 0, inv_std = 0;
  kernels::batch_norm_forward<float>({1, 1, static_cast<Index>(x.size())}, x.data(), nullptr, nullptr, 0,
                                     nullptr, {&hi, &lo, &var, &inv_std});
  return var;
}

long double exact(const Values& x) {
  const auto n = static_cast<long double>(x.size());
  long double mean = 0, squares = 0;
  for (const float v : x) mean += v;
  mean /= n;
  for (const float v : x) squares += (v - mean) * (v - mean);
  return squares / n;
}

struct Way {
  const char* name;
  float (*variance)(const Values&);
};
constexpr Way ways[] = {{"one pass", one_pass},
                        {"shifted", shifted},
                        {"two-pass", two_pass},
                        {"Welford", welford},
                        {"ours", ours}};

}  // namespace

int main(int argc, char** argv) {
  std::size_t n = 65536;
  bench::Effort effort;
  CLI::App app("The error and the time of five ways to compute a variance in float32", "variance");
  app.add_option("--n", n, "Elements, a multiple of 8")->check(CLI::Range(8, 1 << 26));
  app.add_option("--seconds", effort.seconds)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  n = n / 8 * 8;

  const double means[] = {0, 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
  fmt::print("relative error of the variance of {} values in float32, by mean/std\n{:<10}", n, "");
  for (const double mean : means) fmt::print("{:>9.0e}", mean);
  fmt::print("{:>12}\n", "time, us");

  std::vector<Values> samples;
  for (const double mean : means) {
    std::mt19937 engine(11);
    std::normal_distribution<double> normal(mean, 1);
    Values x(n);
    std::ranges::generate(x, [&] { return static_cast<float>(normal(engine)); });
    samples.push_back(std::move(x));
  }
  volatile float result = 0;  // the compiler may not drop what is timed
  std::vector<bench::Timed> timed;
  for (const Way& way : ways) {
    timed.push_back({[&result, &samples, &way] { result = way.variance(samples[0]); }, [] {}});
  }
  const std::vector<bench::Microseconds> times = bench::measure(timed, effort);
  for (std::size_t i = 0; i < std::size(ways); ++i) {
    fmt::print("{:<10}", ways[i].name);
    for (const Values& x : samples) {
      const long double truth = exact(x);
      fmt::print("{:>9.0e}", static_cast<double>(std::abs(ways[i].variance(x) - truth) / truth));
    }
    fmt::print("{:>12.1f}\n", times[i].step);
  }
}
