// SPDX-License-Identifier: MIT
// One training step of batch normalisation: ours, the peers that are built in, and the floors of memory, in
// one process. A contender whose results are wrong is named and not timed; the exit code is then 1.
#include <autodiff/kernels/parallel.h>
#include <bench/peers/report.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace {

using namespace wengert;
using namespace wengert::bench;

struct Options {
  std::vector<int> threads{1};
  std::vector<std::string> names;
  std::string dtype = "float32", json;
  bool without_peers = false;
  Effort effort;
};

// A step may be this far from the answer and still be called right: it catches another formula, not rounding.
template <class T>
constexpr double allowed = std::is_same_v<T, float> ? 1e-4 : 1e-11;

template <class T>
CaseTimes run(Problem<T>& problem, const Truth<T>& truth, const Case& c, int threads,
              const Options& options) {
  kernels::use_threads(threads);
  Contenders<T> contenders;
  add_ours(contenders, problem, threads);
  add_floors(contenders, problem, threads);
  if (!options.without_peers) {
    add_onednn(contenders, problem, threads);
    add_torch(contenders, problem, threads);
    add_eigen(contenders, problem, threads);
  }

  CaseTimes times{.setting = c, .threads = threads, .single = std::is_same_v<T, float>, .entries = {}};
  std::vector<Timed> timed;
  std::vector<Entry*> entries;
  for (const auto& contender : contenders) {
    Entry& entry = times.entries[contender->name()] = {contender->role(), {}, {}, false};
    if (contender->role() != Role::floor) {
      contender->forward();
      contender->backward();
      entry.errors = truth.errors_of(contender->outputs());
      entry.wrong = !(entry.errors.largest() <= allowed<T>);
    }
    if (entry.wrong) {
      fmt::print("{}: {} is wrong by {:.1e}, not timed\n", to_string(c.dimensions), contender->name(),
                 entry.errors.largest());
      continue;
    }
    timed.push_back({[&contender] { contender->forward(); }, [&contender] { contender->backward(); }});
    entries.push_back(&entry);
  }
  const std::vector<Microseconds> measured = measure(timed, options.effort);
  for (std::size_t i = 0; i < measured.size(); ++i) entries[i]->time = measured[i];
  return times;
}

bool wanted(const Case& c, const std::vector<std::string>& names) {
  return names.empty() || std::ranges::any_of(names, [&](const std::string& name) {
           return to_string(c.dimensions).find(name) != std::string::npos;
         });
}

template <class T>
std::vector<CaseTimes> run_all(const Options& options) {
  std::vector<CaseTimes> all;
  for (const Case& c : cases()) {
    if (!wanted(c, options.names)) continue;
    Problem<T> problem(c.dimensions);
    fill(problem, {.mean = 0.5, .std = 1});
    const Truth<T> truth(problem);
    for (const int threads : options.threads) {
      all.push_back(run(problem, truth, c, threads, options));
      fmt::print("{}   {} thread{}\n", table_row(all.back()), threads, threads == 1 ? "" : "s");
      std::fflush(stdout);
    }
  }
  return all;
}

const CaseTimes* on_one_thread(const std::vector<CaseTimes>& all, const CaseTimes& times) {
  if (times.threads == 1) return nullptr;
  for (const CaseTimes& other : all) {
    if (other.threads == 1 && to_string(other.setting.dimensions) == to_string(times.setting.dimensions))
      return &other;
  }
  return nullptr;
}

int report(const std::vector<CaseTimes>& all, const Options& options) {
  int met = 0, missed = 0, wrong = 0;
  nlohmann::json results = nlohmann::json::array();
  fmt::print("\nTargets: ratio [target]\n");
  for (const CaseTimes& times : all) {
    const std::vector<Check> verdicts = checks(times, on_one_thread(all, times));
    fmt::print("{}", check_lines(times, verdicts));
    for (const Check& check : verdicts) ++(check.met() ? met : missed);
    for (const auto& [name, entry] : times.entries) wrong += entry.wrong ? 1 : 0;
    results.push_back(to_json(times, verdicts));
  }
  fmt::print("{} met, {} missed, {} wrong results\n", met, missed, wrong);
  if (!options.json.empty()) {
    std::ofstream file(options.json);
    file << nlohmann::json{{"machine", machine_line()}, {"results", results}}.dump(1) << "\n";
    if (!file.flush()) {
      fmt::print(stderr, "peers: cannot write {}\n", options.json);
      return 3;
    }
  }
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("BatchNorm against its peers and the floors of memory", "peers");
  app.add_option("shapes", options.names, "Only shapes whose name contains one of these: NHWC, 1024,1024");
  app.add_option("--threads", options.threads, "Numbers of threads, each measured in turn")
      ->check(CLI::Range(1, 64))
      ->delimiter(',');
  app.add_option("--dtype", options.dtype)->check(CLI::IsMember({"float32", "float64"}));
  app.add_option("--seconds", options.effort.seconds, "For each shape and number of threads")
      ->check(CLI::PositiveNumber);
  app.add_option("--quantile", options.effort.quantile, "Of the rounds: 0.5 is the median")
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("--without-peers", options.without_peers, "Ours and the floors only");
  app.add_option("--json", options.json, "Write all figures there");
  CLI11_PARSE(app, argc, argv);

  fmt::print("{}\n{}, forward + backward, microseconds, quantile {} of interleaved rounds\n{}\n",
             machine_line(), options.dtype, options.effort.quantile, table_head());
  return report(options.dtype == "float32" ? run_all<float>(options) : run_all<double>(options), options);
}
