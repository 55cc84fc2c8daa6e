// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/compare/agreement.h>
#include <autodiff/split_by_path.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

namespace wengert {
namespace {

// The value and the gradients of one run, in the order "y", then the inputs.
template <class T>
struct Outcome {
  std::vector<Tensor<T>> tensors;
};

template <class T>
struct Run {
  Tape<T> tape;
  std::vector<Var<T>> leaves;
  Var<T> y;

  Run(const Layer<T>& layer, const std::vector<NamedTensor<T>>& inputs) {
    for (const NamedTensor<T>& input : inputs) leaves.push_back(tape.leaf(input.value, input.name));
    y = layer(leaves);
  }
  Outcome<T> outcome(const Tensor<T>& dy) const {
    const Gradients<T> gradients = backward(y, dy, {.keep_saved = true});
    Outcome<T> out{{y.value()}};
    for (const Var<T>& leaf : leaves) out.tensors.push_back(gradients[leaf]);
    return out;
  }
};

template <class T>
std::vector<NamedTensor<Wider<T>>> widened(const std::vector<NamedTensor<T>>& inputs) {
  std::vector<NamedTensor<Wider<T>>> wide;
  for (const NamedTensor<T>& input : inputs)
    wide.push_back({input.name, input.value.template cast<Wider<T>>()});
  return wide;
}

// A form may add up in T within a tile, so its sums are off by some tens of roundings of what they add.
constexpr double roundings_allowed = 64;

// Every number off by a random share of one rounding of T.
template <class T>
Tensor<Wider<T>> disturbed(const Tensor<Wider<T>>& x, std::mt19937_64& random) {
  using W = Wider<T>;
  constexpr W u = std::numeric_limits<T>::epsilon() / W(2);
  Tensor<W> out = Tensor<W>::uninitialized(x.shape());
  W* to = out.mutable_data();
  for (Index i = 0; i < x.size(); ++i) {
    const auto part = static_cast<W>(static_cast<double>(random()) / 0x1p63 - 1.0);
    to[i] = x[i] * (W(1) + part * u);
  }
  return out;
}

template <class W>
std::vector<double> scale_of(const Tensor<W>& truth, const std::vector<PathClass<W>>& classes) {
  const auto size = static_cast<std::size_t>(truth.size());
  if (classes.size() >= 2) {
    std::vector<double> scale(size, 0.0);
    for (const PathClass<W>& part : classes) {
      for (std::size_t i = 0; i < size; ++i) {
        scale[i] += std::abs(static_cast<double>(part.cotangent[static_cast<Index>(i)]));
      }
    }
    return scale;
  }
  double squares = 0;
  double finite = 0;
  for (const W value : truth.values()) {
    if (!std::isfinite(value)) continue;
    squares += static_cast<double>(value) * static_cast<double>(value);
    finite += 1;
  }
  return std::vector<double>(size, finite == 0 ? 0.0 : std::sqrt(squares / finite));
}

// |difference| in units of the scale: 0 stays 0 whatever the scale is.
double in_units(double difference, double unit) { return difference == 0 ? 0 : std::abs(difference) / unit; }

template <class T>
struct Truth {
  std::vector<Tensor<Wider<T>>> tensors;
  std::vector<std::vector<double>> scale;
  std::vector<double> condition;
};

template <class T>
Truth<T> find_truth(const Subject<T>& subject, const Tensor<T>& dy, std::uint64_t seed) {
  using W = Wider<T>;
  constexpr double u = std::numeric_limits<T>::epsilon() / 2.0;
  const auto inputs = widened(subject.inputs);
  const Tensor<W> wide_dy = dy.template cast<W>();
  const Run<W> run(subject.reference, inputs);
  Truth<T> truth;
  truth.tensors = run.outcome(wide_dy).tensors;
  for (std::size_t i = 0; i < truth.tensors.size(); ++i) {
    const auto classes =
        i == 0 ? std::vector<PathClass<W>>{} : split_by_path(run.y, wide_dy, run.leaves[i - 1]);
    truth.scale.push_back(scale_of(truth.tensors[i], classes));
  }
  truth.condition.assign(truth.tensors.size(), 0.0);
  std::mt19937_64 random(seed + 1);
  const Index draws =
      std::clamp<Index>(4096 / std::max<Index>(dy.size(), 1), 1, 16);  // few numbers: look more often
  for (Index draw = 0; draw < draws; ++draw) {
    std::vector<NamedTensor<W>> moved;
    for (const NamedTensor<W>& input : inputs)
      moved.push_back({input.name, disturbed<T>(input.value, random)});
    const auto other = Run<W>(subject.reference, moved).outcome(disturbed<T>(wide_dy, random)).tensors;
    for (std::size_t t = 0; t < other.size(); ++t) {
      for (Index i = 0; i < other[t].size(); ++i) {
        const double moved_by = static_cast<double>(other[t][i] - truth.tensors[t][i]);
        const double steps = in_units(moved_by, u * truth.scale[t][static_cast<std::size_t>(i)]);
        if (std::isfinite(steps)) truth.condition[t] = std::max(truth.condition[t], steps);
      }
    }
  }
  return truth;
}

template <class T>
AgreementRow judge(std::string what, const Tensor<T>& staged, const Tensor<T>& fused,
                   const Tensor<Wider<T>>& truth, const std::vector<double>& scale, double condition) {
  constexpr double u = std::numeric_limits<T>::epsilon() / 2.0;
  AgreementRow row{.what = std::move(what), .condition = condition};
  const auto raise = [](double& most, double value) {
    most = value > most || std::isnan(value) ? value : most;
  };
  const auto finite_in_either = [&](Index i) { return std::isfinite(staged[i]) || std::isfinite(fused[i]); };
  for (Index i = 0; i < staged.size(); ++i) {
    if (!finite_in_either(i)) {
      ++row.non_finite;
      continue;
    }
    const double unit = scale[static_cast<std::size_t>(i)];
    const auto a = static_cast<Wider<T>>(staged[i]);
    const auto b = static_cast<Wider<T>>(fused[i]);
    raise(row.difference, std::abs(static_cast<double>(a - b)));
    raise(row.relative, in_units(static_cast<double>(a - b), unit));
    raise(row.staged_error, in_units(static_cast<double>(a - truth[i]), unit));
    raise(row.fused_error, in_units(static_cast<double>(b - truth[i]), unit));
  }
  row.of_allowance =
      row.fused_error / std::max(roundings_allowed * u * std::max(1.0, condition), 2 * row.staged_error);
  if (!std::isfinite(row.difference)) row.of_allowance = row.difference;
  row.agrees = row.of_allowance <= 1;  // a NaN disagrees
  return row;
}

}  // namespace

bool Agreement::holds() const { return std::ranges::all_of(rows, &AgreementRow::agrees); }

template <class T>
Tensor<T> random_normal(const Shape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Tensor<T> out = Tensor<T>::uninitialized(shape);
  T* to = out.mutable_data();
  for (Index i = 0; i < out.size(); ++i) {
    // Box-Muller by hand: std::normal_distribution differs between standard libraries.
    const double uniform = (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
    const double angle = 2 * std::numbers::pi * static_cast<double>(random() >> 11) * 0x1p-53;
    to[i] = static_cast<T>(std::sqrt(-2 * std::log(uniform)) * std::cos(angle));
  }
  return out;
}

template <class T>
Tensor<T> random_cotangent(const Shape& shape, std::uint64_t seed) {
  return random_normal<T>(shape, ~seed);
}

template <class T>
Agreement check_agreement(const Subject<T>& subject, std::uint64_t seed) {
  const Run<T> staged(subject.staged, subject.inputs);
  const Run<T> fused(subject.fused, subject.inputs);
  expect_shape(subject.name, "the output of the fused form", fused.y.shape(), staged.y.shape());
  const Tensor<T> dy = random_cotangent<T>(staged.y.shape(), seed);
  const Outcome<T> a = staged.outcome(dy);
  const Outcome<T> b = fused.outcome(dy);
  const Truth<T> truth = find_truth(subject, dy, seed);

  Agreement agreement{.y = staged.y.shape(), .rows = {}};
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    std::string what = i == 0 ? "y" : "d" + subject.inputs[i - 1].name;
    agreement.rows.push_back(judge(std::move(what), a.tensors[i], b.tensors[i], truth.tensors[i],
                                   truth.scale[i], truth.condition[i]));
  }
  return agreement;
}

#define WENGERT_INSTANTIATE(T)                                      \
  template Tensor<T> random_normal(const Shape&, std::uint64_t);    \
  template Tensor<T> random_cotangent(const Shape&, std::uint64_t); \
  template Agreement check_agreement(const Subject<T>&, std::uint64_t);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)

}  // namespace wengert
