// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/compare/timing.h>
#include <autodiff/stopwatch.h>

#include <algorithm>
#include <cmath>

namespace wengert {
namespace {

struct Samples {
  std::vector<double> forward;
  std::vector<double> backward;
  std::vector<double> step;
};

template <class T>
void run_once(const Layer<T>& layer, const std::vector<NamedTensor<T>>& inputs, const Tensor<T>& dy,
              Samples& out) {
  const Stopwatch step;
  double forward = 0;
  double sweep = 0;
  {
    Tape<T> tape;
    std::vector<Var<T>> leaves;
    leaves.reserve(inputs.size());
    for (const NamedTensor<T>& input : inputs) leaves.push_back(tape.leaf(input.value));
    const Stopwatch recording;
    const Var<T> y = layer(leaves);
    forward = static_cast<double>(recording.nanoseconds());
    const Stopwatch sweeping;
    const Gradients<T> gradients = backward(y, dy);
    sweep = static_cast<double>(sweeping.nanoseconds());
  }
  out.forward.push_back(forward);
  out.backward.push_back(sweep);
  out.step.push_back(static_cast<double>(step.nanoseconds()));
}

}  // namespace

Quartiles quartiles(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::ranges::sort(samples);
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(samples.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, samples.size() - 1);
    return std::lerp(samples[below], samples[above], place - static_cast<double>(below));
  };
  return {at(0.25), at(0.5), at(0.75)};
}

template <class T>
std::vector<Timing> measure_time(std::span<const Layer<T>> layers, const std::vector<NamedTensor<T>>& inputs,
                                 const Tensor<T>& dy, TimingOptions options) {
  for (int warm_up = 0; warm_up < 2; ++warm_up) {
    for (const Layer<T>& layer : layers) {
      Samples unused;
      run_once(layer, inputs, dy, unused);
    }
  }
  std::vector<Samples> samples(layers.size());
  const Stopwatch total;
  int rounds = 0;
  while (rounds < options.least_rounds ||
         (rounds < options.most_rounds && static_cast<double>(total.nanoseconds()) < options.seconds * 1e9)) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::size_t turn = (i + static_cast<std::size_t>(rounds)) % layers.size();
      run_once(layers[turn], inputs, dy, samples[turn]);
    }
    ++rounds;
  }
  std::vector<Timing> timings;
  for (const Samples& s : samples) {
    timings.push_back({quartiles(s.forward), quartiles(s.backward), quartiles(s.step), rounds});
  }
  return timings;
}

template std::vector<Timing> measure_time(std::span<const Layer<float>>,
                                          const std::vector<NamedTensor<float>>&, const Tensor<float>&,
                                          TimingOptions);
template std::vector<Timing> measure_time(std::span<const Layer<double>>,
                                          const std::vector<NamedTensor<double>>&, const Tensor<double>&,
                                          TimingOptions);

}  // namespace wengert
