// SPDX-License-Identifier: MIT
#include <bench/peers/result.h>

#include <algorithm>

namespace wengert::bench {

std::optional<double> CaseTimes::step(const std::string& name) const {
  const auto found = entries.find(name);
  if (found == entries.end() || found->second.wrong) return std::nullopt;
  return found->second.time.step;
}

std::optional<double> CaseTimes::floor(const std::string& name) const {
  const auto ordinary = step(name), non_temporal = step(name + ", non-temporal");
  if (!ordinary || !non_temporal) return std::nullopt;
  return std::min(*ordinary, *non_temporal);
}

std::optional<CaseTimes::Named> CaseTimes::best_peer() const {
  std::optional<Named> best;
  for (const auto& [name, entry] : entries) {
    if (entry.role != Role::peer || entry.wrong) continue;
    if (!best || entry.time.step < best->step) best = {name, entry.time.step};
  }
  return best;
}

std::vector<Check> checks(const CaseTimes& t, const CaseTimes* one) {
  std::vector<Check> all;
  const Target& target = t.setting.target;
  const auto kernel = t.step("kernel");
  if (!kernel) return all;
  const auto add = [&](std::string what, std::optional<double> against, double limit) {
    if (against) all.push_back({std::move(what), *kernel / *against, limit});
  };
  const std::string floor_name = target.floor == FloorKind::two_sweep ? "two-sweep" : "L2-blocked";
  const auto peer = t.best_peer();
  if (t.threads == 1 && t.single) {
    add("kernel / " + floor_name + " floor", t.floor(floor_name), target.of_floor);
    if (peer) add("kernel / best peer", peer->step, target.of_peer);
    add("kernel / onednn-blocked", t.step("onednn-blocked"), 1);
    if (target.of_floor >= 2) {
      all.push_back({"fused on a tape - kernel, us", *t.step("fused") - *kernel, 1.5});
    }
  }
  if (t.threads == 1 && !t.single && t.floor("two-sweep") && peer) {
    // Either will do; the ratio is to the one that allows more.
    const double floor = *t.floor("two-sweep");
    const bool by_peer = 0.5 * peer->step >= 1.2 * floor;
    add(by_peer ? "kernel / best peer" : "kernel / two-sweep floor", by_peer ? peer->step : floor,
        by_peer ? 0.5 : 1.2);
  }
  const auto staged = t.step("staged"), torch_staged = t.step("torch-staged");
  if (staged && torch_staged) {
    all.push_back({"staged / torch-staged", *staged / *torch_staged, target.staged_of_staged});
  }
  if (one != nullptr && target.scales && one->step("kernel") && one->floor("copy") && t.floor("copy")) {
    const double ours = *one->step("kernel") / *kernel, copy = *one->floor("copy") / *t.floor("copy");
    all.push_back({"speed-up of the kernel / of the copy", ours / copy, 0.9, true});
  }
  return all;
}

}  // namespace wengert::bench
