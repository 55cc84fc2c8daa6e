// SPDX-License-Identifier: MIT
#include <autodiff/compare/compare.h>

#include <algorithm>
#include <array>

namespace wengert {
namespace {

// Differences of larger tensors would take most of the time of a comparison; check_gradient does them by
// itself.
constexpr Index most_elements_checked = Index{1} << 19;

template <class T>
void check_gradients(const Subject<T>& subject, const CompareOptions& options, Comparison& out) {
  GradientCheckOptions<T> check;
  check.seed = options.seed;
  // Each direction costs some twenty runs: fewer where a run is long.
  check.directions = out.agreement.y.size() < (1 << 15) ? 3 : 1;
  out.staged.check = check_gradient(subject.staged, subject.inputs, check);
  out.fused.check = check_gradient(subject.fused, subject.inputs, check);
}

}  // namespace

Verdict Comparison::verdict() const {
  const auto check_fails = [](const FormReport& form) {
    return form.check && form.check->verdict == Verdict::fail;
  };
  const auto broken = [](const IdentityRow& row) { return !row.holds(); };
  if (!agreement.holds() || check_fails(staged) || check_fails(fused) || !pathways.findings.empty() ||
      std::ranges::any_of(pathways.fused_identities, broken)) {
    return Verdict::fail;
  }
  const bool nothing_judged =
      std::ranges::any_of(agreement.rows, [](const AgreementRow& r) { return r.judged == 0; });
  return nothing_judged ? Verdict::undecided : Verdict::pass;
}

template <class T>
Comparison compare(const Subject<T>& subject, CompareOptions options) {
  Comparison out;
  out.name = subject.name;
  out.seed = options.seed;
  for (const NamedTensor<T>& input : subject.inputs) out.inputs.push_back({input.name, input.value.shape()});
  const auto begin = [&](std::string_view stage) {
    if (options.progress) options.progress(stage);
  };
  begin("comparing values and gradients");
  const Tensor<T> dy = [&] {
    const Trial<T> trial = run_trial(subject, options.seed);
    out.agreement = judge_agreement(subject, trial);
    out.pathways = judge_pathways(subject, trial, out.agreement);
    return trial.dy;
  }();
  if (options.check_gradients && dy.size() <= most_elements_checked) {
    begin("checking gradients against differences");
    check_gradients(subject, options, out);
  }

  begin("counting bytes");
  const std::array layers{subject.staged.narrow(), subject.fused.narrow()};
  out.staged.name = "staged";
  out.fused.name = "fused";
  out.staged.memory = measure_memory(layers[0], subject.inputs, dy);
  out.fused.memory = measure_memory(layers[1], subject.inputs, dy);
  out.dtype = out.staged.memory.graph.dtype;
  out.traffic = least_traffic(subject.inputs, out.agreement.y);
  if (out.agreement.holds()) {
    begin("measuring times");
    const std::vector<Timing> timings = measure_time<T>(layers, subject.inputs, dy, options.timing);
    out.staged.timing = timings[0];
    out.fused.timing = timings[1];
    out.copy_bytes_per_second = measure_copy(static_cast<std::size_t>(out.traffic.step));
  }
  return out;
}

std::optional<std::size_t> pays_from(const std::vector<SweepRow>& sweep) {
  std::optional<std::size_t> from;
  for (std::size_t i = sweep.size(); i-- > 0 && sweep[i].agrees && sweep[i].fused_ns < sweep[i].staged_ns;)
    from = i;
  return from;
}

template <class T>
SweepRow measure_size(const Subject<T>& subject, const CompareOptions& options) {
  SweepRow row;
  for (const NamedTensor<T>& input : subject.inputs) {
    row.inputs.push_back({input.name, input.value.shape()});
    row.bytes += input.value.bytes();
  }
  std::vector<Shape> shapes;
  for (const InputInfo& input : row.inputs) shapes.push_back(input.shape);
  row.staged_peak = predict_peak(subject.staged.narrow(), shapes);
  row.fused_peak = predict_peak(subject.fused.narrow(), shapes);
  const Agreement agreement = check_agreement(subject, options.seed);
  row.agrees = agreement.holds();
  if (!row.agrees) return row;
  const Tensor<T> dy = random_cotangent<T>(agreement.y, options.seed);
  const std::array layers{subject.staged.narrow(), subject.fused.narrow()};
  const std::vector<Timing> timings = measure_time<T>(layers, subject.inputs, dy, options.timing);
  row.staged_ns = timings[0].step.median;
  row.fused_ns = timings[1].step.median;
  return row;
}

#define WENGERT_INSTANTIATE(T)                                    \
  template Comparison compare(const Subject<T>&, CompareOptions); \
  template SweepRow measure_size(const Subject<T>&, const CompareOptions&);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)

}  // namespace wengert
