// SPDX-License-Identifier: MIT
#include <autodiff/compare/agreement.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wengert {
namespace {

// A NaN is larger than everything, so that it cannot hide.
void raise(double& most, double value) { most = value > most || std::isnan(value) ? value : most; }

// |difference| in units of the scale: 0 stays 0 whatever the scale is.
double in_units(double difference, double unit) { return difference == 0 ? 0 : std::abs(difference) / unit; }

// The distance from |x| to the next number of T, that of the smallest normal number for what is below it.
template <class T>
double ulp(Wider<T> x) {
  const T size = std::max(static_cast<T>(std::abs(x)), std::numeric_limits<T>::min());
  const T next = std::nextafter(size, std::numeric_limits<T>::infinity());
  return static_cast<double>(next) - static_cast<double>(size);
}

void name_closer(Accuracy& a) {
  constexpr double chance = 1.5;
  if (a.staged_rms == a.fused_rms || std::isnan(a.staged_rms) || std::isnan(a.fused_rms)) return;
  const bool fused = a.fused_rms < a.staged_rms;
  const double nearer = fused ? a.fused_rms : a.staged_rms;
  const double farther = fused ? a.staged_rms : a.fused_rms;
  a.factor = nearer == 0 ? std::numeric_limits<double>::infinity() : farther / nearer;
  if (a.factor >= chance) a.closer = fused ? Closer::fused : Closer::staged;
}

template <class T>
AgreementRow judge(std::string what, const Trial<T>& trial, std::size_t t) {
  const Tensor<T>& staged = trial.staged[t];
  const Tensor<T>& fused = trial.fused[t];
  const Tensor<Wider<T>>& truth = trial.truth.tensors[t];
  const std::vector<double>& scale = trial.truth.scale[t];
  const std::vector<double> allowed = allowances(trial, t);
  AgreementRow row{.what = std::move(what), .accuracy = {}};
  Accuracy& a = row.accuracy;
  for (Index i = 0; i < staged.size(); ++i) {
    if (!std::isfinite(staged[i]) && !std::isfinite(fused[i])) {
      ++row.non_finite;
      continue;
    }
    ++row.judged;
    const auto at = static_cast<std::size_t>(i);
    const auto s = static_cast<Wider<T>>(staged[i]);
    const auto f = static_cast<Wider<T>>(fused[i]);
    const auto staged_off = static_cast<double>(s - truth[i]);
    const auto fused_off = static_cast<double>(f - truth[i]);
    raise(row.condition, trial.truth.condition[t][at]);
    raise(row.difference, std::abs(static_cast<double>(s - f)));
    raise(row.relative, in_units(static_cast<double>(s - f), scale[at]));
    raise(row.of_allowance, in_units(fused_off, allowed[at]));
    raise(a.staged_error, in_units(staged_off, scale[at]));
    raise(a.fused_error, in_units(fused_off, scale[at]));
    raise(a.staged_ulps, in_units(staged_off, ulp<T>(truth[i])));
    raise(a.fused_ulps, in_units(fused_off, ulp<T>(truth[i])));
    a.staged_rms += in_units(staged_off, scale[at]) * in_units(staged_off, scale[at]);
    a.fused_rms += in_units(fused_off, scale[at]) * in_units(fused_off, scale[at]);
  }
  a.staged_rms = row.judged == 0 ? 0 : std::sqrt(a.staged_rms / static_cast<double>(row.judged));
  a.fused_rms = row.judged == 0 ? 0 : std::sqrt(a.fused_rms / static_cast<double>(row.judged));
  name_closer(a);
  if (!std::isfinite(row.difference)) row.of_allowance = row.difference;
  row.agrees = row.of_allowance <= 1;  // a NaN disagrees
  return row;
}

}  // namespace

bool Agreement::holds() const { return std::ranges::all_of(rows, &AgreementRow::agrees); }

template <class T>
Agreement judge_agreement(const Subject<T>& subject, const Trial<T>& trial) {
  Agreement agreement{.y = trial.dy.shape(), .rows = {}};
  for (std::size_t t = 0; t < trial.staged.size(); ++t)
    agreement.rows.push_back(judge(t == 0 ? "y" : "d" + subject.inputs[t - 1].name, trial, t));
  return agreement;
}

template <class T>
Agreement check_agreement(const Subject<T>& subject, std::uint64_t seed) {
  return judge_agreement(subject, run_trial(subject, seed));
}

#define WENGERT_INSTANTIATE(T)                                            \
  template Agreement judge_agreement(const Subject<T>&, const Trial<T>&); \
  template Agreement check_agreement(const Subject<T>&, std::uint64_t);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)

}  // namespace wengert
