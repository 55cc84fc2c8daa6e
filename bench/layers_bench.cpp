// SPDX-License-Identifier: MIT
// The layers beside batch_norm's training mode: <layer>/<pass>/<form>/<N>x<C>, float32. A case is verified
// before it is timed: both forms against the staged one in float64.
//
// bytes_per_second counts what any implementation must move: the tensors of the size of x, once each.
#include <autodiff/backward.h>
#include <autodiff/compare/random_numbers.h>
#include <bench/memory_manager.h>
#include <benchmark/benchmark.h>
#include <layers/batch_norm_eval.h>
#include <layers/batch_norm_relu.h>
#include <layers/linear.h>
#include <layers/softmax_cross_entropy.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace wengert::bench {
namespace {

template <class T>
using Function = std::function<Var<T>(std::span<const Var<T>>)>;

struct Problem {
  std::vector<Tensor<float>> inputs;
  Function<float> staged, fused;
  Function<double> reference;
};

Tensor<float> numbers(const Shape& shape, std::uint64_t seed) { return random_normal<float>(shape, seed); }

// What every T computes, from one generic function a form.
template <class Staged, class Fused>
Problem problem(std::vector<Tensor<float>> inputs, Staged staged, Fused fused) {
  return {std::move(inputs), staged, fused, staged};
}

Problem batch_norm_eval(Index n, Index c) {
  const Tensor<float> mean = numbers({c}, 5), var = Tensor<float>::full({c}, 1.5F);
  return problem(
      {numbers({n, c}, 1), numbers({c}, 2), numbers({c}, 3)},
      [=](auto in) {
        using T = std::remove_cvref_t<decltype(in[0].value()[0])>;
        return staged::batch_norm_eval(in[0], in[1], in[2], mean.cast<T>(), var.cast<T>()).y;
      },
      [=](auto in) { return fused::batch_norm_eval(in[0], in[1], in[2], mean, var).y; });
}

Problem batch_norm_relu(Index n, Index c) {
  return problem(
      {numbers({n, c}, 1), numbers({c}, 2), numbers({c}, 3)},
      [](auto in) { return staged::batch_norm_relu(in[0], in[1], in[2]).y; },
      [](auto in) { return fused::batch_norm_relu(in[0], in[1], in[2]).y; });
}

Problem linear(Index n, Index c) {
  return problem(
      {numbers({n, c}, 1), numbers({c, c}, 2), numbers({c}, 3)},
      [](auto in) { return staged::linear(in[0], in[1], in[2]); },
      [](auto in) { return fused::linear(in[0], in[1], in[2]); });
}

Problem softmax_cross_entropy(Index n, Index c) {
  std::vector<std::int64_t> classes;
  for (Index i = 0; i < n; ++i) classes.push_back(i % c);
  return problem(
      {numbers({n, c}, 1)},
      [=](auto in) { return staged::softmax_cross_entropy(in[0], classes, Reduction::none); },
      [=](auto in) { return fused::softmax_cross_entropy(in[0], classes, Reduction::none); });
}

template <class T>
struct Step {
  Tensor<T> y;
  std::vector<Tensor<T>> gradients;
};

template <class T>
Step<T> step(const Function<T>& f, const std::vector<Tensor<float>>& inputs) {
  Tape<T> tape;
  std::vector<Var<T>> in;
  for (const Tensor<float>& input : inputs) in.push_back(tape.leaf(input.cast<T>()));
  const Var<T> y = f(in);
  const Gradients<T> grads = backward(y, random_normal<float>(y.shape(), 9).template cast<T>());
  Step<T> out{y.value(), {}};
  for (const Var<T>& x : in) out.gradients.push_back(grads[x]);
  return out;
}

void expect_close(const Tensor<float>& got, const Tensor<double>& expected) {
  constexpr double tolerance = 1e-4;  // float32 sums over the longest axis, with room
  double largest = 0, error = 0;
  for (Index i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    error = std::max(error, std::abs(static_cast<double>(got[i]) - expected[i]));
  }
  if (!(error <= tolerance * largest)) throw std::runtime_error("a wrong answer, not timed");
}

void run(benchmark::State& state, const Problem& p, const Function<float>& f, bool backward_too) {
  try {
    const Step<float> got = step(f, p.inputs);
    const Step<double> expected = step(p.reference, p.inputs);
    expect_close(got.y, expected.y);
    for (std::size_t i = 0; i < got.gradients.size(); ++i)
      expect_close(got.gradients[i], expected.gradients[i]);
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
    return;
  }
  std::vector<Var<float>> constants(p.inputs.begin(), p.inputs.end());
  const Tensor<float> dy = random_normal<float>(f(constants).shape(), 9);
  MemoryManager::start_of_loop();
  for (auto _ : state) {
    Tape<float> tape;
    std::vector<Var<float>> in;
    for (const Tensor<float>& input : p.inputs) in.push_back(tape.leaf(input));
    const Var<float> y = f(in);
    if (backward_too) benchmark::DoNotOptimize(backward(y, dy)[in[0]]);
    if (!backward_too) benchmark::DoNotOptimize(y);
  }
  const int tensors_moved = backward_too ? 5 : 2;
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(p.inputs[0].bytes()) *
                          tensors_moved);
}

void add(const std::string& layer, Problem (*make)(Index, Index),
         std::vector<std::pair<Index, Index>> shapes) {
  for (const auto& [n, c] : shapes) {
    const Problem p = make(n, c);
    const std::string shape = "/" + std::to_string(n) + "x" + std::to_string(c);
    for (const bool backward_too : {false, true}) {
      const std::string pass = backward_too ? "/forward_backward/" : "/forward/";
      for (const auto& [form, f] : {std::pair("staged", p.staged), std::pair("fused", p.fused)}) {
        benchmark::RegisterBenchmark((layer + pass + form + shape).c_str(), [p, f = f, backward_too](
                                                                                benchmark::State& state) {
          run(state, p, f, backward_too);
        })->Unit(benchmark::kMicrosecond);
      }
    }
  }
}

}  // namespace
}  // namespace wengert::bench

int main(int argc, char** argv) {
  using namespace wengert::bench;
  add("batch_norm_eval", batch_norm_eval, {{37, 129}, {128, 256}, {1024, 1024}});
  add("batch_norm_relu", batch_norm_relu, {{37, 129}, {128, 256}, {1024, 1024}});
  add("linear", linear, {{64, 96}, {128, 256}});
  add("softmax_cross_entropy", softmax_cross_entropy, {{64, 10}, {1024, 1000}});
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  MemoryManager memory;
  benchmark::RegisterMemoryManager(&memory);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::RegisterMemoryManager(nullptr);
}
