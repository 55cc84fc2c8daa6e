// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <tests/support/all_close.h>
#include <tests/support/random.h>
#include <tests/support/tolerances.h>

#include <cmath>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double> x37({3, 7}, {1, 2, 3, 4, 5, 6, 7, 2, 4, 6, 8, 1, 3, 5, 7, 9, -1, 0, 3, 2, 2});

template <class T>
using Form = BatchNormResult<T> (*)(Var<T>, OptionalVar<T>, OptionalVar<T>, BatchNormOptions);

template <class T>
std::array<Form<T>, 2> both_forms() {
  return {staged::batch_norm<T>, fused::batch_norm<T>};
}

Var<double> zeros(const Shape& shape) { return Var<double>(Tensor<double>::zeros(shape)); }

}  // namespace

TEST_CASE("batch_norm: gamma and beta of another shape are refused by name", "[layers][batch_norm]") {
  for (const auto form : both_forms<double>()) {
    Tape<double> tape;
    const Var<double> x = tape.leaf(x37);
    CHECK_THROWS_WITH(form(x, zeros({8}), {}, {}), "batch_norm: gamma has shape [8], expected [7]");
    CHECK_THROWS_WITH(form(x, {}, zeros({1, 7}), {}), "batch_norm: beta has shape [1, 7], expected [7]");
    CHECK_THROWS_WITH(form(x, zeros({7}), {}, {.channel_axis = 0}),
                      "batch_norm: gamma has shape [7], expected [3]");
    CHECK_THROWS_AS(form(x, Var<double>(), {}, {}), ShapeError);
    CHECK(tape.size() == 1);
    CHECK(snapshot(tape).scopes.size() == 1);
  }
}

TEST_CASE("batch_norm: x must have two axes and two values a channel", "[layers][batch_norm]") {
  for (const auto form : both_forms<double>()) {
    CHECK_THROWS_WITH(form(zeros({5}), {}, {}, {}), "batch_norm: x has shape [5], expected rank 2 or more");
    CHECK_THROWS_WITH(form(zeros({}), {}, {}, {}), "batch_norm: x has shape [], expected rank 2 or more");
    CHECK_THROWS_AS(form(Var<double>(), {}, {}, {}), ShapeError);
    CHECK_THROWS_WITH(
        form(zeros({1, 5}), {}, {}, {}),
        "batch_norm: x has shape [1, 5] with 1 values per channel, expected at least 2 in training");
    CHECK_THROWS_WITH(
        form(zeros({0, 5}), {}, {}, {}),
        "batch_norm: x has shape [0, 5] with 0 values per channel, expected at least 2 in training");
    CHECK_THROWS_AS(form(zeros({3, 4, 0}), {}, {}, {}), ShapeError);
    CHECK(form(zeros({1, 5, 2}), {}, {}, {}).y.shape() == Shape{1, 5, 2});
  }
}

TEST_CASE("batch_norm: the channel axis must be one of x", "[layers][batch_norm]") {
  for (const auto form : both_forms<double>()) {
    CHECK_THROWS_WITH(form(zeros({3, 7}), {}, {}, {.channel_axis = 2}),
                      "batch_norm: axis 2 is out of range for rank 2");
    CHECK_THROWS_WITH(form(zeros({3, 7}), {}, {}, {.channel_axis = -3}),
                      "batch_norm: axis -3 is out of range for rank 2");
  }
}

TEST_CASE("batch_norm: eps must be finite and not negative", "[layers][batch_norm]") {
  for (const auto form : both_forms<double>()) {
    const Var<double> x(x37);
    CHECK_THROWS_WITH(form(x, {}, {}, {.eps = -1e-5}),
                      "batch_norm: eps is -1e-05, expected a finite number >= 0");
    CHECK_THROWS_WITH(form(x, {}, {}, {.eps = std::nan("")}),
                      "batch_norm: eps is nan, expected a finite number >= 0");
    CHECK_THROWS_WITH(form(x, {}, {}, {.eps = std::numeric_limits<double>::infinity()}),
                      "batch_norm: eps is inf, expected a finite number >= 0");
    CHECK_THROWS_AS(form(x, {}, {}, {.eps = -1}), ValueError);
    CHECK_NOTHROW(form(x, {}, {}, {.eps = 0}));
  }
}

TEST_CASE("batch_norm: Vars of two tapes are refused", "[layers][batch_norm]") {
  Tape<double> tape, other;
  const Var<double> x = tape.leaf(x37, "x"), gamma = other.leaf(Tensor<double>::full({7}, 2), "gamma");
  for (const auto form : both_forms<double>()) {
    CHECK_THROWS_WITH(form(x, gamma, {}, {}),
                      "batch_norm: inputs %0 \"x\" and %0 \"gamma\" are on two tapes, expected one");
    CHECK_THROWS_AS(form(x, {}, gamma, {}), TapeError);
    CHECK(tape.size() == 1);
    CHECK(other.size() == 1);
  }
}

TEST_CASE("batch_norm_terms: refuses what batch_norm refuses, and a dy of another shape",
          "[layers][batch_norm]") {
  CHECK_THROWS_WITH(fused::batch_norm_terms<double>(x37, {}, Tensor<double>::zeros({7, 3})),
                    "batch_norm_terms: dy has shape [7, 3], expected [3, 7]");
  CHECK_THROWS_AS(fused::batch_norm_terms<double>(x37, Tensor<double>::zeros({3}), x37), ShapeError);
  CHECK_THROWS_AS(fused::batch_norm_terms<double>(x37, {}, x37, {.eps = -1}), ValueError);
}

TEMPLATE_TEST_CASE("batch_norm: a constant channel gives y = beta and dx = 0, exactly in the fused form",
                   "[layers][batch_norm]", float, double, long double) {
  using T = TestType;
  const T value = GENERATE(T(0.1), T(-1e4) / 3, T(0));
  const Tensor<T> x = Tensor<T>::full({7, 2}, value);
  const Tensor<T> gamma({2}, {T(1.5), T(-0.7)}), beta({2}, {T(0.3), T(-2)}), dy = Random(5).tensor<T>({7, 2});
  Tape<T> tape;
  const Var<T> leaf = tape.leaf(x);
  const auto [y, mean, var, inv_std] = fused::batch_norm(leaf, Var<T>(gamma), Var<T>(beta));
  CHECK_THAT(y.value(), Equals(broadcast_to(Var<T>(beta), {7, 2}).value()));
  CHECK_THAT(var, Equals(Tensor<T>::zeros({2})));
  CHECK_THAT(mean, Equals(Tensor<T>::full({2}, value)));
  CHECK(std::isfinite(backward(y, dy)[leaf][0]));
  const auto many = staged::batch_norm(Var<T>(x), Var<T>(gamma), Var<T>(beta), {.eps = 1e-2});
  CHECK_THAT(many.y.value(), AllClose(y.value(), rounding<T>(1e4)));
}

TEST_CASE("batch_norm: on constants it just computes", "[layers][batch_norm]") {
  for (const auto form : both_forms<double>()) {
    const auto result = form(Var<double>(x37), zeros({7}), {}, {});
    CHECK_FALSE(result.y.on_tape());
    CHECK_THAT(result.y.value(), Equals(Tensor<double>::zeros({3, 7})));
    CHECK(result.mean.shape() == Shape{7});
  }
}

TEST_CASE("batch_norm: only gamma or beta may need a gradient", "[layers][batch_norm]") {
  const Tensor<double> dy = Random(6).tensor<double>({3, 7});
  std::vector<Tensor<double>> dgamma, dbeta;
  for (const auto form : both_forms<double>()) {
    Tape<double> tape;
    const Var<double> gamma = tape.leaf(Tensor<double>::full({7}, 2)),
                      beta = tape.leaf(Tensor<double>::zeros({7}));
    dgamma.push_back(backward(form(Var<double>(x37), gamma, {}, {}).y, dy)[gamma]);
    dbeta.push_back(backward(form(Var<double>(x37), {}, beta, {}).y, dy)[beta]);
    CHECK_THAT(backward(form(Var<double>(x37), gamma, beta, {}).y, dy, {.record = true}).var(gamma).value(),
               AllClose(dgamma[0], rounding<double>(16)));
  }
  CHECK_THAT(dgamma[1], AllClose(dgamma[0], rounding<double>(16)));
  CHECK_THAT(dbeta[1], AllClose(dbeta[0], rounding<double>()));
}

TEST_CASE("batch_norm: one Var may be gamma and beta at once", "[layers][batch_norm]") {
  const Tensor<double> dy = Random(7).tensor<double>({3, 7});
  std::vector<Tensor<double>> both;
  for (const auto form : both_forms<double>()) {
    Tape<double> tape;
    const Var<double> p = tape.leaf(Tensor<double>::full({7}, 2));
    both.push_back(backward(form(tape.leaf(x37), p, p, {}).y, dy)[p]);
  }
  CHECK_THAT(both[1], AllClose(both[0], rounding<double>(16)));
}

TEST_CASE("batch_norm: the staged form is ten small ops in four stages, the fused form is one node",
          "[layers][batch_norm]") {
  Tape<double> tape, one;
  const auto at = [](Tape<double>& t, Form<double> form) {
    const Var<double> gamma = t.leaf(Tensor<double>::full({7}, 2), "γ"),
                      beta = t.leaf(Tensor<double>::zeros({7}), "β");
    form(t.leaf(x37, "x"), gamma, beta, {});
    return snapshot(t);
  };
  const Graph many = at(tape, staged::batch_norm<double>), single = at(one, fused::batch_norm<double>);
  CHECK(op_count(many) == 10);
  CHECK(op_count(single) == 1);
  CHECK(single.nodes.back().op == "batch_norm");
  CHECK(single.nodes.back().label == "y");
  std::vector<std::string> stages, marks;
  for (const GraphNode& node : many.nodes) {
    if (!node.inputs.empty()) stages.push_back(scope_path(many, node.scope));
    marks.insert(marks.end(), node.marks.begin(), node.marks.end());
  }
  stages.erase(std::unique(stages.begin(), stages.end()), stages.end());
  CHECK(stages == std::vector<std::string>{"batch_norm/mean", "batch_norm/variance", "batch_norm/normalise",
                                           "batch_norm/affine"});
  CHECK(marks == std::vector<std::string>{"mean", "variance"});
  // The fused node keeps mean (high and low part) and inv_std beside its inputs: nothing of the size of x.
  CHECK(saved_bytes(single) == 3 * 7 * sizeof(double));
  CHECK(saved_bytes(many) > 2 * x37.bytes());
}

TEST_CASE("batch_norm: nothing is left behind", "[layers][batch_norm]") {
  const std::size_t live = memory::stats().live_bytes;
  for (const auto form : both_forms<double>()) {
    Tape<double> tape;
    const Var<double> x = tape.leaf(x37);
    const auto result = form(x, {}, {}, {});
    const Var<double> dx = backward(result.y, x37, {.record = true}).var(x);
    CHECK(backward(dx, x37).reached(x));
  }
  CHECK(memory::stats().live_bytes == live);
}
