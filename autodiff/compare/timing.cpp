// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/compare/timing.h>
#include <autodiff/kernels/parallel.h>
#include <autodiff/stopwatch.h>

#include <algorithm>
#include <cmath>
#include <cstring>

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

// By as many threads as the kernels use; the compiler may not drop it, since `to` is read by nobody.
void copy(const float* from, float* to, Index size) {
  const int threads = size > (1 << 18) ? kernels::available_threads() : 1;
  kernels::parallel_ranges(size, threads, [&](Index begin, Index end) {
    std::memcpy(to + begin, from + begin, static_cast<std::size_t>(end - begin) * sizeof(float));
  });
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

template <class T>
Traffic least_traffic(const std::vector<NamedTensor<T>>& inputs, const Shape& y) {
  double in = 0;
  for (const NamedTensor<T>& input : inputs) in += static_cast<double>(input.value.bytes());
  const double out = static_cast<double>(y.size()) * sizeof(T);
  return {.forward = in + out, .backward = 2 * in + out, .step = 3 * in + 2 * out};
}

double measure_copy(std::size_t bytes) {
  const std::size_t half = std::max<std::size_t>(bytes / 2, 4096);  // read once, written once
  const Tensor<float> from = Tensor<float>::zeros({static_cast<Index>(half / sizeof(float))});
  Tensor<float> to = Tensor<float>::zeros(from.shape());
  std::vector<double> samples;
  const Stopwatch total;
  while (samples.size() < 5 || (samples.size() < 200 && total.nanoseconds() < 50'000'000)) {
    const Stopwatch watch;
    copy(from.data(), to.mutable_data(), from.size());
    samples.push_back(static_cast<double>(std::max<std::int64_t>(watch.nanoseconds(), 1)));
  }
  return 2e9 * static_cast<double>(from.bytes()) / quartiles(std::move(samples)).median;
}

#define WENGERT_INSTANTIATE(T)                                                                             \
  template std::vector<Timing> measure_time(std::span<const Layer<T>>, const std::vector<NamedTensor<T>>&, \
                                            const Tensor<T>&, TimingOptions);                              \
  template Traffic least_traffic(const std::vector<NamedTensor<T>>&, const Shape&);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)

}  // namespace wengert
