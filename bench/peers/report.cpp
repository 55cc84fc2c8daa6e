// SPDX-License-Identifier: MIT
#include <bench/peers/report.h>
#include <fmt/format.h>
#include <hwy/targets.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

namespace wengert::bench {
namespace {

struct Column {
  const char* name;
  const char* head;
};

// Floors are looked up by floor(), the others by step().
constexpr Column floors[] = {{"copy", "copy"}, {"L2-blocked", "L2-block"}, {"two-sweep", "2-sweep"}};
constexpr Column steps[] = {{"kernel", "kernel"},
                            {"fused", "fused"},
                            {"staged", "staged"},
                            {"onednn", "oneDNN"},
                            {"onednn-blocked", "(blocked)"},
                            {"torch-fused", "torch"},
                            {"torch-autograd", "autograd"},
                            {"eigen", "Eigen"},
                            {"torch-staged", "torch stg"}};

std::string number(std::optional<double> us) {
  if (!us) return "-";
  return *us < 10     ? fmt::format("{:.2f}", *us)
         : *us < 1000 ? fmt::format("{:.1f}", *us)
                      : fmt::format("{:.0f}", *us);
}

std::string ratio(std::optional<double> a, std::optional<double> b) {
  return a && b ? fmt::format("{:.2f}", *a / *b) : "-";
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

std::string best_target() {
  const auto targets = hwy::SupportedAndGeneratedTargets();
  return targets.empty() ? "scalar" : hwy::TargetName(targets.front());
}

}  // namespace

std::string machine_line() {
  const std::string onednn = onednn_version(), torch = torch_version();
  return fmt::format("{}, {} cores, {}; {}; {}", processor(), std::thread::hardware_concurrency(),
                     best_target(), onednn.empty() ? "oneDNN not built in" : onednn,
                     torch.empty() ? "PyTorch not built in" : torch);
}

std::string table_head() {
  std::string line = fmt::format("{:<21}", "shape");
  for (const Column& c : floors) line += fmt::format("{:>9}", c.head);
  line += " |";
  for (const Column& c : steps) line += fmt::format("{:>10}", c.head);
  return line + " |  /floor   /peer  staged/torch";
}

std::string table_row(const CaseTimes& t) {
  std::string line = fmt::format("{:<21}", to_string(t.setting.dimensions));
  for (const Column& c : floors) line += fmt::format("{:>9}", number(t.floor(c.name)));
  line += " |";
  for (const Column& c : steps) line += fmt::format("{:>10}", number(t.step(c.name)));
  const auto peer = t.best_peer();
  const bool two_sweep = t.setting.target.floor == FloorKind::two_sweep;
  return line + fmt::format(" | {:>7} {:>7} {:>8}",
                            ratio(t.step("kernel"), t.floor(two_sweep ? "two-sweep" : "L2-blocked")),
                            ratio(t.step("kernel"), peer ? std::optional(peer->step) : std::nullopt),
                            ratio(t.step("staged"), t.step("torch-staged")));
}

std::string check_lines(const CaseTimes& t, const std::vector<Check>& checks) {
  std::string text;
  for (const Check& c : checks) {
    text += fmt::format("{:<7} {:<21} {:>6.2f} [{} {}] {}\n", c.met() ? "met" : "MISSED",
                        to_string(t.setting.dimensions), c.ratio, c.at_least ? ">=" : "<=", c.target, c.what);
  }
  return text;
}

nlohmann::json to_json(const CaseTimes& t, const std::vector<Check>& checks) {
  nlohmann::json entries = nlohmann::json::object();
  for (const auto& [name, e] : t.entries) {
    nlohmann::json& entry = entries[name];
    if (e.role != Role::floor) {
      entry["error"] = {
          {"y", e.errors.y}, {"dx", e.errors.dx}, {"dgamma", e.errors.dgamma}, {"dbeta", e.errors.dbeta}};
    }
    entry["wrong"] = e.wrong;
    if (!e.wrong) entry["step_us"] = e.time.step, entry["forward_us"] = e.time.forward;
  }
  nlohmann::json verdicts = nlohmann::json::array();
  for (const Check& c : checks) {
    verdicts.push_back({{"what", c.what},
                        {"ratio", c.ratio},
                        {"target", c.target},
                        {"at_least", c.at_least},
                        {"met", c.met()}});
  }
  return {{"shape", to_string(t.setting.dimensions)},
          {"threads", t.threads},
          {"dtype", t.single ? "float32" : "float64"},
          {"contenders", entries},
          {"checks", verdicts}};
}

}  // namespace wengert::bench
