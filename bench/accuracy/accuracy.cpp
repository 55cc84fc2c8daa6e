// SPDX-License-Identifier: MIT
// How accurate everyone is: the error of y, dx, dgamma and dbeta against long double, over means from 0 to
// 1e6 deviations, tiny variances, constant channels and long ones. Errors are relative to the largest answer:
// inf where every answer is 0, as dgamma of constant channels.
#include <autodiff/kernels/parallel.h>
#include <bench/peers/report.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

namespace {

using namespace wengert;
using namespace wengert::bench;

struct Row {
  std::string data;
  Dimensions dimensions;
  Distribution distribution;
};

std::vector<Row> rows() {
  const Dimensions nc{Layout::nc, 1024, 64}, long_nc{Layout::nc, 65536, 16},
      nchw{Layout::nchw, 16, 16, 32, 32};
  std::vector<Row> all;
  for (const Dimensions& d : {nc, nchw, long_nc}) {
    all.push_back({"N(0,1)", d, {0, 1}});
    for (const double mean : {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6}) {
      all.push_back({fmt::format("mean/std {:.0e}", mean), d, {mean, 1}});
    }
    all.push_back({"std 1e-3", d, {0, 1e-3}});
    all.push_back({"std 1e-6", d, {0, 1e-6}});
    all.push_back({"mean 1, std 1e-4", d, {1, 1e-4}});
    all.push_back({"constant 3.7", d, {3.7, 0}});
    all.push_back({"constant 12345.678", d, {12345.678, 0}});
  }
  return all;
}

template <class T>
nlohmann::json run(const std::string& only) {
  nlohmann::json results = nlohmann::json::array();
  for (const Row& row : rows()) {
    if (!only.empty() && to_string(row.dimensions).find(only) == std::string::npos) continue;
    Problem<T> problem(row.dimensions);
    fill(problem, row.distribution);
    const Truth<T> truth(problem);
    Contenders<T> contenders;
    add_ours(contenders, problem, 1);
    add_onednn(contenders, problem, 1);
    add_torch(contenders, problem, 1);
    add_eigen(contenders, problem, 1);
    for (const auto& contender : contenders) {
      contender->forward();
      contender->backward();
      const Errors e = truth.errors_of(contender->outputs());
      fmt::print("{:<18} {:<20} {:<15} {:>9.1e} {:>9.1e} {:>9.1e} {:>9.1e}\n", to_string(row.dimensions),
                 row.data, contender->name(), e.y, e.dx, e.dgamma, e.dbeta);
      results.push_back({{"shape", to_string(row.dimensions)},
                         {"data", row.data},
                         {"contender", contender->name()},
                         {"y", e.y},
                         {"dx", e.dx},
                         {"dgamma", e.dgamma},
                         {"dbeta", e.dbeta}});
    }
  }
  return results;
}

}  // namespace

int main(int argc, char** argv) {
  std::string dtype = "float32", json, only;
  CLI::App app("The error of every contender against long double", "accuracy");
  app.add_option("shape", only, "Only shapes whose name contains this: NCHW");
  app.add_option("--dtype", dtype)->check(CLI::IsMember({"float32", "float64"}));
  app.add_option("--json", json, "Write all figures there");
  CLI11_PARSE(app, argc, argv);

  kernels::use_threads(1);
  fmt::print("{}\n{}, largest error / largest answer\n{:<18} {:<20} {:<15} {:>9} {:>9} {:>9} {:>9}\n",
             machine_line(), dtype, "shape", "data", "contender", "y", "dx", "dgamma", "dbeta");
  const nlohmann::json results = dtype == "float32" ? run<float>(only) : run<double>(only);
  if (json.empty()) return 0;
  std::ofstream file(json);
  file << nlohmann::json{{"machine", machine_line()}, {"dtype", dtype}, {"results", results}}.dump(1) << "\n";
  if (file.flush()) return 0;
  fmt::print(stderr, "accuracy: cannot write {}\n", json);
  return 3;
}
