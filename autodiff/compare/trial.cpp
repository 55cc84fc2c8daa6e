// SPDX-License-Identifier: MIT
#include <autodiff/compare/run_form.h>
#include <autodiff/compare/trial.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wengert {
namespace {

// A form may add up in T within a tile, so its sums are off by some tens of roundings of what they add.
constexpr double roundings_allowed = 64;

// Slices of fewer elements say too little about how hard the numbers are.
constexpr Index least_slice = 8;

template <class T>
constexpr double unit_roundoff = std::numeric_limits<T>::epsilon() / 2.0;

// In long double, whose range no square of a double leaves.
template <class W>
double root_mean_square(const Tensor<W>& x) {
  long double squares = 0;
  long double finite = 0;
  for (const W value : x.values()) {
    if (!std::isfinite(value)) continue;
    squares += static_cast<long double>(value) * static_cast<long double>(value);
    finite += 1;
  }
  return finite == 0 ? 0.0 : static_cast<double>(std::sqrt(squares / finite));
}

template <class W>
std::vector<double> scale_of(const Tensor<W>& truth, const std::vector<PathClass<W>>& classes) {
  const auto size = static_cast<std::size_t>(truth.size());
  if (classes.size() < 2) return std::vector<double>(size, root_mean_square(truth));
  std::vector<double> scale(size, 0.0);
  long double squares = 0;
  for (const PathClass<W>& part : classes) {
    const double rms = root_mean_square(part.cotangent);
    squares += static_cast<long double>(rms) * static_cast<long double>(rms);
    for (std::size_t i = 0; i < size; ++i) {
      scale[i] += std::abs(static_cast<double>(part.cotangent[static_cast<Index>(i)]));
    }
  }
  // An element whose terms all happen to vanish is not asked for more than its neighbours could give.
  const double least = unit_roundoff<W> * static_cast<double>(std::sqrt(squares));
  for (double& s : scale) s = std::isfinite(s) ? std::max(s, least) : s;
  return scale;
}

template <class T>
std::vector<std::vector<double>> find_condition(const Subject<T>& subject, const Tensor<Wider<T>>& dy,
                                                const Truth<Wider<T>>& truth, std::uint64_t seed) {
  using W = Wider<T>;
  std::vector<std::vector<double>> condition;
  for (const Tensor<W>& tensor : truth.tensors)
    condition.emplace_back(static_cast<std::size_t>(tensor.size()), 0.0);
  const auto inputs = widened(subject.inputs);
  // Few numbers: look more often.
  const Index draws = std::clamp<Index>(4096 / std::max<Index>(dy.size(), 1), 2, 16);
  for (Index draw = 0; draw < draws; ++draw) {
    std::uint64_t stream = seed + 1000 * static_cast<std::uint64_t>(draw + 1);
    std::vector<NamedTensor<W>> moved;
    for (const NamedTensor<W>& input : inputs)
      moved.push_back({input.name, disturbed<T>(input.value, ++stream)});
    const FormRun<W> run(subject.staged.wide(), moved);
    Outcome<W> other{run.y.value()};
    for (Tensor<W>& gradient : run.gradients(disturbed<T>(dy, ++stream)))
      other.push_back(std::move(gradient));
    for (std::size_t t = 0; t < other.size(); ++t) {
      for (std::size_t i = 0; i < condition[t].size(); ++i) {
        const Index at = static_cast<Index>(i);
        const double by = std::abs(static_cast<double>(other[t][at] - truth.tensors[t][at]));
        const double steps = by == 0 ? 0 : by / (unit_roundoff<T> * truth.scale[t][i]);
        if (std::isfinite(steps)) condition[t][i] = std::max(condition[t][i], steps);
      }
    }
  }
  return condition;
}

template <class T>
Truth<Wider<T>> find_truth(const Subject<T>& subject, const Tensor<T>& dy, std::uint64_t seed) {
  using W = Wider<T>;
  const Tensor<W> wide_dy = dy.template cast<W>();
  const FormRun<W> run(subject.staged.wide(), widened(subject.inputs));
  Truth<W> truth;
  truth.tensors = {run.y.value()};
  for (Tensor<W>& gradient : run.gradients(wide_dy)) truth.tensors.push_back(std::move(gradient));
  truth.classes.emplace_back();
  for (const Var<W>& leaf : run.leaves)
    truth.classes.push_back(run.y.on_tape() ? split_by_path(run.y, wide_dy, leaf)
                                            : std::vector<PathClass<W>>{});
  for (std::size_t t = 0; t < truth.tensors.size(); ++t)
    truth.scale.push_back(scale_of(truth.tensors[t], truth.classes[t]));
  truth.condition = find_condition(subject, wide_dy, truth, seed);
  return truth;
}

// For each element the smallest, over the axes, of the largest number in its slice along that axis.
std::vector<double> slice_bound(const Shape& shape, const std::vector<double>& numbers) {
  const double largest = numbers.empty() ? 0.0 : std::ranges::max(numbers);
  std::vector<double> bound(numbers.size(), largest);
  Index inner = 1;
  for (int axis = shape.rank() - 1; axis >= 0; inner *= shape[axis], --axis) {
    const Index extent = shape[axis];
    if (extent < 2 || shape.size() / extent < least_slice) continue;
    std::vector<double> most(static_cast<std::size_t>(extent), 0.0);
    const auto slice = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<Index>(i) / inner % extent);
    };
    for (std::size_t i = 0; i < numbers.size(); ++i) most[slice(i)] = std::max(most[slice(i)], numbers[i]);
    for (std::size_t i = 0; i < numbers.size(); ++i) bound[i] = std::min(bound[i], most[slice(i)]);
  }
  return bound;
}

}  // namespace

template <class T>
std::vector<double> allowances(const Trial<T>& trial, std::size_t t) {
  const Tensor<Wider<T>>& truth = trial.truth.tensors[t];
  const std::vector<double>& scale = trial.truth.scale[t];
  std::vector<double> error(scale.size(), 0.0);
  for (std::size_t i = 0; i < scale.size(); ++i) {
    const auto at = static_cast<Index>(i);
    const double by = std::abs(static_cast<double>(static_cast<Wider<T>>(trial.staged[t][at]) - truth[at]));
    if (by > 0 && std::isfinite(by / scale[i])) error[i] = by / scale[i];
  }
  const std::vector<double> staged = slice_bound(truth.shape(), error);
  const std::vector<double> condition = slice_bound(truth.shape(), trial.truth.condition[t]);
  std::vector<double> allowed(scale.size());
  constexpr auto smallest = static_cast<double>(std::numeric_limits<T>::min());
  for (std::size_t i = 0; i < scale.size(); ++i) {
    const double roundings = roundings_allowed * unit_roundoff<T> * std::max(1.0, condition[i]);
    // Below the smallest normal number a rounding is no longer relative.
    allowed[i] = std::max(roundings, 2 * staged[i]) * scale[i] + roundings_allowed * smallest;
  }
  return allowed;
}

template <class T>
Trial<T> run_trial(const Subject<T>& subject, std::uint64_t seed) {
  if (!subject.staged.wide()) {
    throw ValueError(subject.name +
                     ": the staged form runs in one type only, expected a generic callable that runs in the "
                     "next wider type as well");
  }
  const FormRun<T> staged(subject.staged.narrow(), subject.inputs);
  const FormRun<T> fused(subject.fused.narrow(), subject.inputs);
  expect_shape(subject.name, "the output of the fused form", fused.y.shape(), staged.y.shape());
  Trial<T> trial;
  trial.dy = random_cotangent<T>(staged.y.shape(), seed);
  const auto outcome = [&](const FormRun<T>& run) {
    Outcome<T> out{run.y.value()};
    for (Tensor<T>& gradient : run.gradients(trial.dy)) out.push_back(std::move(gradient));
    return out;
  };
  trial.staged = outcome(staged);
  trial.fused = outcome(fused);
  trial.truth = find_truth(subject, trial.dy, seed);
  return trial;
}

#define WENGERT_INSTANTIATE(T)                                           \
  template std::vector<double> allowances(const Trial<T>&, std::size_t); \
  template Trial<T> run_trial(const Subject<T>&, std::uint64_t);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)

}  // namespace wengert
