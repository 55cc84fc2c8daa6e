// SPDX-License-Identifier: MIT
// Right layers, ops and inputs, the hard ones among them: none may be called wrong.
#include <autodiff/compare/compare.h>
#include <autodiff/ops.h>
#include <tests/support/catch.h>
#include <tests/support/faulty_norm.h>
#include <tests/support/random.h>

#include <iostream>

using namespace wengert;
using namespace wengert::test;

namespace {

struct Count {
  int right = 0;
  int pass = 0;
  int undecided = 0;
  int fail = 0;
};

void add(Count& count, const std::string& what, Verdict verdict, const std::string& reason) {
  INFO(what << ": " << reason);
  ++count.right;
  ++(verdict == Verdict::pass ? count.pass : verdict == Verdict::fail ? count.fail : count.undecided);
  CHECK(verdict != Verdict::fail);
}

template <class T>
Tensor<T> normal(const Shape& shape, T centre = 0, T spread = 1) {
  const Tensor<T> noise = random_normal<T>(shape, 41 + static_cast<std::uint64_t>(shape.size()));
  Tensor<T> out = Tensor<T>::uninitialized(shape);
  for (Index i = 0; i < out.size(); ++i) out.mutable_data()[i] = centre + spread * noise[i];
  return out;
}

template <class T>
void check_norms(Count& count) {
  using W = Wider<T>;
  struct Input {
    std::string name;
    Shape shape;
    T centre, spread;
    double eps = 1e-5;
  };
  const std::vector<Input> inputs{{"normal", {8, 6}, 0, 1},
                                  {"two rows", {2, 6}, 0, 1},
                                  {"one row", {1, 6}, T(3), T(0.1)},
                                  {"constant columns", {8, 6}, T(5), 0},
                                  {"tiny", {8, 6}, 0, T(1e-9)},
                                  {"huge", {8, 6}, 0, T(1e9)},
                                  {"far from zero", {8, 6}, T(1e4), 1},
                                  {"eps of zero", {8, 6}, T(1), T(2), 0}};
  for (const Norm norm : {Norm::batch, Norm::layer, Norm::group, Norm::rms}) {
    for (const Input& input : inputs) {
      if (norm == Norm::batch && input.shape[0] == 1) continue;  // has nothing to normalise over
      std::vector<NamedTensor<T>> tensors{{"x", normal<T>(input.shape, input.centre, input.spread)},
                                          {"gamma", normal<T>({input.shape[1]}, 1, T(0.2))}};
      if (norm != Norm::rms) tensors.push_back({"beta", normal<T>({input.shape[1]}, 0, T(0.2))});
      const double eps = input.eps;
      const Subject<T> subject{
          .name = name(norm),
          .staged = LayerForm<T>([=](std::span<const Var<T>> in) { return staged_norm<T>(norm, in, eps); },
                                 [=](std::span<const Var<W>> in) { return staged_norm<W>(norm, in, eps); }),
          .fused = LayerForm<T>([=](std::span<const Var<T>> in) { return fused_norm<T>(norm, in, eps); },
                                [=](std::span<const Var<W>> in) { return fused_norm<W>(norm, in, eps); }),
          .inputs = std::move(tensors)};
      const std::string what = name(norm) + ", " + input.name;
      const Trial<T> trial = run_trial(subject, 3);
      const Agreement agreement = judge_agreement(subject, trial);
      std::string worst;
      for (const AgreementRow& r : agreement.rows)
        worst += r.what + " " + std::to_string(r.of_allowance) + " ";
      add(count, what + ", agreement", agreement.holds() ? Verdict::pass : Verdict::fail, worst);
      CHECK(judge_pathways(subject, trial, agreement).findings.empty());
      const GradientCheck staged = check_gradient(subject.staged, subject.inputs);
      add(count, what + ", staged", staged.verdict, staged.reason);
      const GradientCheck fused = check_gradient(subject.fused, subject.inputs);
      add(count, what + ", fused", fused.verdict, fused.reason);
    }
  }
}

template <class T, class F>
void check_op(Count& count, const std::string& what, F f, std::vector<NamedTensor<T>> inputs,
              Verdict expected) {
  const GradientCheck check = check_gradient<T>(f, inputs);
  add(count, what, check.verdict, check.reason);
  INFO(what << ": " << check.reason);
  CHECK(check.verdict == expected);
}

template <class T>
void check_ops(Count& count) {
  Random random(7);
  const Tensor<T> x = random.tensor<T>({3, 5}, 0.2, 2), y = random.tensor<T>({3, 5}, 0.3, 2);
  const Tensor<T> kinks({6}, {T(-1), T(0), T(1), T(0), T(2), T(-3)});
  const Tensor<T> ties({2, 3}, {T(1), T(1), T(0), T(2), T(-1), T(2)});
  const Tensor<T> many = random_normal<T>({60, 70}, 5);
  const Verdict pass = Verdict::pass, undecided = Verdict::undecided;
  check_op<T>(
      count, "exp", [](auto a) { return exp(a); }, {{"x", x}}, pass);
  check_op<T>(
      count, "log", [](auto a) { return log(a); }, {{"x", x}}, pass);
  check_op<T>(
      count, "sqrt", [](auto a) { return sqrt(a); }, {{"x", x}}, pass);
  check_op<T>(
      count, "pow", [](auto a) { return pow(a, 3.5); }, {{"x", x}}, pass);
  check_op<T>(
      count, "tanh", [](auto a) { return tanh(a); }, {{"x", x}}, pass);
  check_op<T>(
      count, "a line", [](auto a) { return a * 3; }, {{"x", x}}, pass);
  check_op<T>(
      count, "product", [](auto a, auto b) { return a * b; }, {{"a", x}, {"b", y}}, pass);
  check_op<T>(
      count, "quotient", [](auto a, auto b) { return a / b; }, {{"a", x}, {"b", y}}, pass);
  check_op<T>(
      count, "matmul", [](auto a, auto b) { return matmul(a, transpose(b)); }, {{"a", x}, {"b", y}}, pass);
  check_op<T>(
      count, "sum", [](auto a) { return sum(a, {0}); }, {{"x", x}}, pass);
  check_op<T>(
      count, "max", [](auto a) { return max(a, {1}); }, {{"x", x}}, pass);
  check_op<T>(
      count, "relu away from its kink", [](auto a) { return relu(a); }, {{"x", many}}, pass);
  check_op<T>(
      count, "an input that is not used", [](auto a, auto b) { return a + b * 0; }, {{"a", x}, {"b", y}},
      pass);
  check_op<T>(
      count, "tiny scale", [](auto a) { return square(a) * 0x1p-40; }, {{"x", x}}, pass);
  check_op<T>(
      count, "huge scale", [](auto a) { return square(a) * 0x1p40; }, {{"x", x}}, pass);
  check_op<T>(
      count, "zeros", [](auto a) { return exp(a) * tanh(a); }, {{"x", Tensor<T>::zeros({4})}}, pass);
  check_op<T>(
      count, "one element", [](auto a) { return tanh(a); }, {{"x", Tensor<T>::full({1}, T(0.3))}}, pass);
  check_op<T>(
      count, "softmax",
      [](auto a) {
        const auto e = exp(a - max(a, {1}, keep_dims));
        return e / sum(e, {1}, keep_dims);
      },
      {{"x", x}}, pass);
  check_op<T>(
      count, "relu at its kink", [](auto a) { return relu(a); }, {{"x", kinks}}, undecided);
  check_op<T>(
      count, "abs at its kink", [](auto a) { return abs(a); }, {{"x", kinks}}, undecided);
  check_op<T>(
      count, "max with ties", [](auto a) { return max(a, {1}); }, {{"x", ties}}, undecided);
  check_op<T>(
      count, "maximum with ties", [](auto a) { return maximum(a, a * 0 + 1); }, {{"x", ties}}, undecided);
  check_op<T>(
      count, "sqrt at zero", [](auto a) { return sqrt(a); }, {{"x", Tensor<T>::zeros({3})}}, undecided);
  check_op<T>(
      count, "log of a negative number", [](auto a) { return log(a); }, {{"x", kinks}}, undecided);
}

template <class T>
void run(const std::string& dtype) {
  Count count;
  check_norms<T>(count);
  check_ops<T>(count);
  std::cout << "right layers, ops and inputs, " << dtype << ": " << count.right << "; pass " << count.pass
            << ", undecided " << count.undecided << ", fail " << count.fail << "\n";
  CHECK(count.right >= 40);
  CHECK(count.fail == 0);
}

}  // namespace

TEST_CASE("gallery: nothing that is right is called wrong, float64", "[compare]") { run<double>("float64"); }
TEST_CASE("gallery: nothing that is right is called wrong, float32", "[compare]") { run<float>("float32"); }
