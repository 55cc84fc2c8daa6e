// SPDX-License-Identifier: MIT
#include <autodiff/compare/compare.h>

#include <array>

namespace wengert {

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
  out.agreement = check_agreement(subject, options.seed);

  begin("counting bytes");
  const Tensor<T> dy = random_cotangent<T>(out.agreement.y, options.seed);
  const std::array layers{subject.staged, subject.fused};
  out.staged = {.name = "staged", .memory = measure_memory(layers[0], subject.inputs, dy), .timing = {}};
  out.fused = {.name = "fused", .memory = measure_memory(layers[1], subject.inputs, dy), .timing = {}};
  out.dtype = out.staged.memory.graph.dtype;
  if (out.holds()) {
    begin("measuring times");
    const std::vector<Timing> timings = measure_time<T>(layers, subject.inputs, dy, options.timing);
    out.staged.timing = timings[0];
    out.fused.timing = timings[1];
  }
  return out;
}

template Comparison compare(const Subject<float>&, CompareOptions);
template Comparison compare(const Subject<double>&, CompareOptions);

}  // namespace wengert
