// SPDX-License-Identifier: MIT
// One training step of layer, RMS, group and instance normalisation: the kernel, both forms on a tape and the
// floors of memory, interleaved in one process. What is wrong is named and not timed; the exit code is
// then 1.
#include <autodiff/kernels/parallel.h>
#include <bench/norms/norm_case.h>
#include <bench/peers/measure.h>
#include <bench/peers/report.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

namespace {

using namespace wengert;
using namespace wengert::bench;

struct Options {
  std::vector<std::string> names;
  std::string dtype = "float32";
  int threads = 1;
  Effort effort;
};

// A step may be this far from the answer and still be called right: it catches another formula, not rounding.
template <class T>
constexpr double allowed = std::is_same_v<T, float> ? 1e-4 : 1e-11;

// False when a result is wrong.
template <class T>
bool run(const NormCase& c, const Options& options) {
  Problem<T> problem(c.dimensions);
  fill(problem, {.mean = 0.5, .std = 1});
  Contenders<T> contenders;
  add_norm_contenders(contenders, c, problem);
  add_floors(contenders, problem, options.threads);
  std::vector<Timed> timed;
  for (const auto& contender : contenders) {
    if (contender->role() != Role::floor) {
      contender->forward();
      contender->backward();
      const double error = error_of(c, problem, contender->outputs());
      if (!(error <= allowed<T>)) {
        fmt::print("{}: {} is wrong by {:.1e}\n", to_string(c), contender->name(), error);
        return false;
      }
    }
    timed.push_back({[&contender] { contender->forward(); }, [&contender] { contender->backward(); }});
  }
  const std::vector<Microseconds> times = measure(timed, options.effort);
  std::map<std::string, Microseconds> by_name;
  for (std::size_t i = 0; i < times.size(); ++i) by_name[contenders[i]->name()] = times[i];
  const auto floor = [&](const std::string& name) {
    return std::min(by_name[name].step, by_name[name + ", non-temporal"].step);
  };
  const double kernel = by_name["kernel"].step, ratio = kernel / floor("L2-blocked");
  fmt::print(
      "{:<42} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f} | {:>9.1f} {:>9.1f}{} {:>9.1f} | {:>5.2f} {:.2f} {}\n",
      to_string(c), by_name["staged"].step, by_name["fused"].step, kernel, by_name["kernel"].forward,
      floor("two-sweep"), floor("L2-blocked"), by_name["L2-blocked"].step > floor("L2-blocked") ? "n" : " ",
      floor("copy"), ratio, c.of_floor, ratio <= c.of_floor ? "" : "MISSED");
  std::fflush(stdout);
  return true;
}

bool wanted(const NormCase& c, const std::vector<std::string>& names) {
  return names.empty() || std::ranges::any_of(names, [&](const std::string& name) {
           return to_string(c).find(name) != std::string::npos;
         });
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("LayerNorm, RMSNorm, GroupNorm and InstanceNorm against the floors of memory", "norms");
  app.add_option("cases", options.names,
                 "Only cases whose name contains one of these: layer, NHWC, 1024,1024");
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 64));
  app.add_option("--dtype", options.dtype)->check(CLI::IsMember({"float32", "float64"}));
  app.add_option("--seconds", options.effort.seconds, "For each case")->check(CLI::PositiveNumber);
  app.add_option("--quantile", options.effort.quantile, "Of the rounds: 0.5 is the median")
      ->check(CLI::Range(0.0, 1.0));
  CLI11_PARSE(app, argc, argv);

  kernels::use_threads(options.threads);
  fmt::print(
      "{}\n{}, {} thread(s), forward + backward, microseconds, quantile {} of interleaved rounds; "
      "n = non-temporal stores were better\n",
      machine_line(), options.dtype, options.threads, options.effort.quantile);
  fmt::print("{:<42} {:>9} {:>9} {:>9} {:>9} | {:>9} {:>10} {:>9} | {:>5} {}\n", "case", "staged", "fused",
             "kernel", "(forward)", "two-sweep", "L2-block", "copy", "/L2", "target");
  bool right = true;
  for (const NormCase& c : norm_cases()) {
    if (!wanted(c, options.names)) continue;
    right = (options.dtype == "float32" ? run<float>(c, options) : run<double>(c, options)) && right;
  }
  return right ? 0 : 1;
}
