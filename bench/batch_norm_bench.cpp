// SPDX-License-Identifier: MIT
// BatchNorm, three contenders: batch_norm/<pass>/<form>/<N>x<C>. A case is verified before it is timed.
//
// bytes_per_second counts what any implementation must move: x and y forward, x, dy and dx backward, once
// each. max_bytes_used and num_allocs in the JSON are those of the loop alone, by our own allocator; Eigen's
// arrays in the note's code are not ours and not counted.
#include <autodiff/backward.h>
#include <autodiff/compare/agreement.h>
#include <bench/memory_manager.h>
#include <bench/note_array_code.h>
#include <benchmark/benchmark.h>
#include <layers/batch_norm.h>

#include <stdexcept>

namespace wengert::bench {
namespace {

using T = float;

struct Problem {
  Tensor<T> x, gamma, beta, dy;

  explicit Problem(Index n, Index c)
      : x(random_normal<T>({n, c}, 1)),
        gamma(random_normal<T>({c}, 2)),
        beta(random_normal<T>({c}, 3)),
        dy(random_normal<T>({n, c}, 4)) {}
};

struct Result {
  Tensor<T> y, dx, dgamma, dbeta;
};

using BatchNorm = BatchNormResult<T> (*)(Var<T>, OptionalVar<T>, OptionalVar<T>, BatchNormOptions);

template <BatchNorm batch_norm>
struct OnTape {
  static Result step(const Problem& p) {
    Tape<T> tape;
    const Var<T> x = tape.leaf(p.x), gamma = tape.leaf(p.gamma), beta = tape.leaf(p.beta);
    const Var<T> y = batch_norm(x, gamma, beta, {}).y;
    const Gradients<T> grads = backward(y, p.dy);
    return {y.value(), grads[x], grads[gamma], grads[beta]};
  }
  static void forward(const Problem& p) {
    Tape<T> tape;
    benchmark::DoNotOptimize(batch_norm(tape.leaf(p.x), tape.leaf(p.gamma), tape.leaf(p.beta), {}));
  }
};
using Staged = OnTape<staged::batch_norm<T>>;
using Fused = OnTape<fused::batch_norm<T>>;

struct Note {
  using Code = NoteBatchNorm<T>;
  static Code::Row row(const Tensor<T>& v) { return v.flat().transpose(); }
  static Result step(const Problem& p) {
    Code note;
    const Code::Array y = note.forward(p.x.array(), row(p.gamma), row(p.beta), T(1e-5));
    const auto grads = note.backward(p.dy.array(), row(p.gamma));
    return {Tensor<T>(y), Tensor<T>(grads.dx), Tensor<T>(grads.dgamma), Tensor<T>(grads.dbeta)};
  }
  static void forward(const Problem& p) {
    Code note;
    benchmark::DoNotOptimize(note.forward(p.x.array(), row(p.gamma), row(p.beta), T(1e-5)));
  }
};

// Wrong answers are not timed: against the staged graph in float64, relative to the largest element.
template <class Form>
void verify(const Problem& p) {
  constexpr double tolerance = 1e-4;  // float32 sums over the longest column, with room
  Tape<double> tape;
  const Var<double> x = tape.leaf(p.x.cast<double>());
  const Var<double> gamma = tape.leaf(p.gamma.cast<double>());
  const Var<double> beta = tape.leaf(p.beta.cast<double>());
  const Var<double> y = staged::batch_norm<double>(x, gamma, beta).y;
  const Gradients<double> grads = backward(y, p.dy.cast<double>());
  const Result got = Form::step(p);
  const auto check = [&](const char* what, const Tensor<T>& value, const Tensor<double>& expected) {
    const double largest = expected.flat().abs().maxCoeff();
    const double error = (value.flat().template cast<double>() - expected.flat()).abs().maxCoeff();
    if (!(error <= tolerance * largest))
      throw std::runtime_error(std::string("wrong ") + what + ", not timed");
  };
  check("y", got.y, y.value());
  check("dx", got.dx, grads[x]);
  check("dgamma", got.dgamma, grads[gamma]);
  check("dbeta", got.dbeta, grads[beta]);
}

template <class Form, class Body>
void run(benchmark::State& state, int tensors_moved, Body body) {
  const Problem p(state.range(0), state.range(1));
  try {
    verify<Form>(p);
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
    return;
  }
  MemoryManager::start_of_loop();
  for (auto _ : state) body(p);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(p.x.bytes()) * tensors_moved);
}

template <class Form>
void forward(benchmark::State& state) {
  run<Form>(state, 2, [](const Problem& p) { Form::forward(p); });
}

template <class Form>
void forward_backward(benchmark::State& state) {
  run<Form>(state, 5, [](const Problem& p) { benchmark::DoNotOptimize(Form::step(p)); });
}

void shapes(benchmark::internal::Benchmark* b) {
  for (const auto& [n, c] : {std::pair{32, 64}, {37, 129}, {128, 256}, {1000, 3}, {1024, 1024}})
    b->Args({n, c});
  b->Unit(benchmark::kMicrosecond);
}

BENCHMARK(forward<Staged>)->Name("batch_norm/forward/staged")->Apply(shapes);
BENCHMARK(forward<Fused>)->Name("batch_norm/forward/fused")->Apply(shapes);
BENCHMARK(forward<Note>)->Name("batch_norm/forward/note")->Apply(shapes);
BENCHMARK(forward_backward<Staged>)->Name("batch_norm/forward_backward/staged")->Apply(shapes);
BENCHMARK(forward_backward<Fused>)->Name("batch_norm/forward_backward/fused")->Apply(shapes);
BENCHMARK(forward_backward<Note>)->Name("batch_norm/forward_backward/note")->Apply(shapes);

}  // namespace
}  // namespace wengert::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  wengert::bench::MemoryManager memory;
  benchmark::RegisterMemoryManager(&memory);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::RegisterMemoryManager(nullptr);
}
