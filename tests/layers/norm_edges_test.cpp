// SPDX-License-Identifier: MIT
#include <tests/layers/norm_case.h>
#include <tests/support/all_close.h>
#include <tests/support/tolerances.h>

#include <algorithm>
#include <cmath>

using namespace wengert;
using namespace wengert::test;

namespace {

Var<double> zeros(const Shape& shape) { return Var<double>(Tensor<double>::zeros(shape)); }

// Calls check once for each form of a layer.
#define WENGERT_BOTH_FORMS(layer, ...)                                            \
  for (const bool is_fused : {false, true}) {                                     \
    const auto form = [&](auto... a) {                                            \
      return is_fused ? fused::layer<double>(a...) : staged::layer<double>(a...); \
    };                                                                            \
    __VA_ARGS__                                                                   \
  }

}  // namespace

TEST_CASE("layer_norm: refuses shapes and options by name", "[layers][norms]") {
  using Options = LayerNormOptions;
  WENGERT_BOTH_FORMS(layer_norm, {
    const Var<double> x = zeros({2, 4}), none;
    CHECK_THROWS_WITH(form(x, zeros({5}), zeros({4}), Options{}),
                      "layer_norm: gamma has shape [5], expected [4]");
    CHECK_THROWS_WITH(form(x, zeros({2}), zeros({4}), Options{}),
                      "layer_norm: gamma has shape [2], expected [4]");
    CHECK_THROWS_WITH(form(x, zeros({4}), zeros({1, 4}), Options{}),
                      "layer_norm: beta has shape [1, 4], expected [4]");
    CHECK_THROWS_WITH(form(x, zeros({4}), zeros({4}), Options{.normalized_axes = 2}),
                      "layer_norm: gamma has shape [4], expected [2, 4]");
    CHECK_THROWS_WITH(
        form(x, std::nullopt, std::nullopt, Options{.normalized_axes = 3}),
        "layer_norm: x has shape [2, 4], expected at least the 3 axes that are normalised over");
    CHECK_THROWS_WITH(form(x, std::nullopt, std::nullopt, Options{.normalized_axes = 0}),
                      "layer_norm: normalized_axes is 0, expected at least 1");
    CHECK_THROWS_WITH(form(zeros({3, 0}), std::nullopt, std::nullopt, Options{}),
                      "layer_norm: x has shape [3, 0] with no values to normalise over");
    CHECK_THROWS_WITH(form(zeros({}), std::nullopt, std::nullopt, Options{}),
                      "layer_norm: x has shape [], expected at least the 1 axes that are normalised over");
    CHECK_THROWS_AS(form(none, std::nullopt, std::nullopt, Options{}), ShapeError);
    CHECK_THROWS_WITH(form(x, std::nullopt, std::nullopt, Options{.eps = -1}),
                      "layer_norm: eps is -1, expected a finite number >= 0");
    CHECK_THROWS_AS(form(x, std::nullopt, std::nullopt, Options{.eps = std::nan("")}), ValueError);
  })
}

TEST_CASE("rms_norm: refuses shapes and options by name", "[layers][norms]") {
  using Options = RmsNormOptions;
  WENGERT_BOTH_FORMS(rms_norm, {
    CHECK_THROWS_WITH(form(zeros({2, 4}), zeros({5}), Options{}),
                      "rms_norm: gamma has shape [5], expected [4]");
    CHECK_THROWS_WITH(form(zeros({2, 4}), std::nullopt, Options{.normalized_axes = 3}),
                      "rms_norm: x has shape [2, 4], expected at least the 3 axes that are normalised over");
    CHECK_THROWS_WITH(form(zeros({2, 4}), std::nullopt, Options{.eps = -1}),
                      "rms_norm: eps is -1, expected a finite number >= 0");
  })
}

TEST_CASE("group_norm: refuses shapes and options by name", "[layers][norms]") {
  using Options = GroupNormOptions;
  WENGERT_BOTH_FORMS(group_norm, {
    const Var<double> x = zeros({2, 6, 3});
    CHECK_THROWS_WITH(
        form(x, std::nullopt, std::nullopt, Options{.groups = 4}),
        "group_norm: x has shape [2, 6, 3] with 6 channels, expected a number that its 4 groups divide");
    CHECK_THROWS_AS(form(x, std::nullopt, std::nullopt, Options{.groups = 4}), ShapeError);
    CHECK_THROWS_WITH(form(x, std::nullopt, std::nullopt, Options{.groups = -2}),
                      "group_norm: groups is -2, expected at least 1");
    CHECK_THROWS_AS(form(x, std::nullopt, std::nullopt, Options{.groups = 0}), ValueError);
    CHECK_THROWS_WITH(form(zeros({2, 6}), std::nullopt, std::nullopt, Options{.groups = 6}),
                      "group_norm: x has shape [2, 6] with 1 values per group, expected at least 2");
    CHECK_THROWS_WITH(form(x, std::nullopt, std::nullopt, Options{.groups = 2, .channel_axis = 0}),
                      "group_norm: the channel axis is axis 0, expected another: that is the batch");
    CHECK_THROWS_WITH(form(x, std::nullopt, std::nullopt, Options{.groups = 2, .channel_axis = 3}),
                      "group_norm: axis 3 is out of range for rank 3");
    CHECK_THROWS_WITH(form(zeros({6}), std::nullopt, std::nullopt, Options{.groups = 2}),
                      "group_norm: x has shape [6], expected rank 2 or more");
    CHECK_THROWS_WITH(form(x, zeros({2}), zeros({6}), Options{.groups = 2}),
                      "group_norm: gamma has shape [2], expected [6]");
    CHECK_THROWS_AS(form(zeros({2, 0, 3}), std::nullopt, std::nullopt, Options{.groups = 2}), ShapeError);
  })
}

TEST_CASE("instance_norm: refuses shapes and options by name", "[layers][norms]") {
  using Options = InstanceNormOptions;
  WENGERT_BOTH_FORMS(instance_norm, {
    CHECK_THROWS_WITH(
        form(zeros({2, 3, 1, 1}), std::nullopt, std::nullopt, Options{}),
        "instance_norm: x has shape [2, 3, 1, 1] with 1 values per instance, expected at least 2");
    CHECK_THROWS_WITH(form(zeros({2, 3}), std::nullopt, std::nullopt, Options{}),
                      "instance_norm: x has shape [2, 3] with 1 values per instance, expected at least 2");
    CHECK_THROWS_WITH(form(zeros({2, 3, 4}), zeros({4}), zeros({3}), Options{}),
                      "instance_norm: gamma has shape [4], expected [3]");
    CHECK_THROWS_AS(form(zeros({2, 0, 4}), std::nullopt, std::nullopt, Options{}), ShapeError);
  })
}

TEST_CASE("norms: Vars of two tapes are refused, and nothing is recorded", "[layers][norms]") {
  Tape<double> tape, other;
  const Var<double> x = tape.leaf(Tensor<double>::zeros({2, 4, 3}), "x");
  const Var<double> gamma = other.leaf(Tensor<double>::zeros({3}), "gamma");
  WENGERT_BOTH_FORMS(layer_norm, {
    CHECK_THROWS_WITH(form(x, gamma, std::nullopt, LayerNormOptions{}),
                      "layer_norm: inputs %0 \"x\" and %0 \"gamma\" are on two tapes, expected one");
    CHECK(tape.size() == 1);
    CHECK(snapshot(tape).scopes.size() == 1);
  })
}

TEST_CASE("norms: an empty batch gives an empty result, and gradients of gamma and beta that are zero",
          "[layers][norms]") {
  const std::vector<NormCase> empty = {{"layer_norm", {0, 3}},
                                       {"rms_norm", {2, 0, 3}},
                                       {"group_norm", {0, 4, 3}, 2},
                                       {"group_norm", {0, 3, 4}, 2, -1},
                                       {"instance_norm", {0, 4, 3}}};
  for (const NormCase& c : empty) {
    for (const bool fused : {false, true}) {
      INFO(to_string(c) << (fused ? " fused" : " staged"));
      const auto gradients =
          vjp_of(norm_function<double>(c, fused), norm_inputs<double>(c), Tensor<double>::zeros(c.shape));
      CHECK(gradients[0].shape() == c.shape);
      CHECK_THAT(gradients[1], Equals(Tensor<double>::zeros(c.parameter())));
    }
  }
}

TEMPLATE_TEST_CASE("norms: a constant group gives y = beta, exactly in the fused form", "[layers][norms]",
                   float, double, long double) {
  using T = TestType;
  const T value = GENERATE(T(0.1), T(-1e4) / 3, T(0));
  for (const NormCase& c : norm_cases) {
    if (c.layer == "rms_norm") continue;
    INFO(to_string(c));
    Tensors<T> in = norm_inputs<T>(c);
    in[0] = Tensor<T>::full(c.shape, value);
    const Tensor<T> y = value_of(norm_function<T>(c, true), in);
    bool exact = true;
    for (Index i = 0; i < y.size(); ++i) exact = exact && y[i] == in[2][place_of(c, i).parameter];
    CHECK(exact);
    const Tensor<T> dx = vjp_of(norm_function<T>(c, true), in, Random(7).tensor<T>(c.shape))[0];
    CHECK(std::ranges::all_of(dx.values(), [](T number) { return std::isfinite(number); }));
  }
}

TEST_CASE("norms: a NaN or an infinity stays in its group", "[layers][norms]") {
  for (const NormCase& c : norm_cases) {
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      for (const bool fused : {false, true}) {
        INFO(to_string(c) << (fused ? " fused" : " staged"));
        Tensors<double> in = norm_inputs<double>(c);
        const Tensor<double> clean = value_of(norm_function<double>(c, fused), in);
        in[0] = in[0].clone();
        in[0].mutable_data()[in[0].size() - 1] = bad;
        const Tensor<double> y = value_of(norm_function<double>(c, fused), in);
        const Index hit = place_of(c, y.size() - 1).group;
        bool confined = !std::isfinite(y[y.size() - 1]);
        for (Index i = 0; i < y.size(); ++i)
          confined = confined && (place_of(c, i).group == hit || y[i] == clean[i]);
        CHECK(confined);
      }
    }
  }
}

TEST_CASE("norms: only gamma or beta may need a gradient", "[layers][norms]") {
  for (const NormCase& c : norm_cases) {
    INFO(to_string(c));
    const auto in = norm_inputs<double>(c);
    const auto dy = Random(7).tensor<double>(c.shape);
    std::vector<Tensor<double>> dgamma;
    for (const bool fused : {false, true}) {
      Tape<double> tape;
      std::vector<Var<double>> vars{Var<double>(in[0]), tape.leaf(in[1])};
      if (c.has_beta()) vars.emplace_back(in[2]);
      dgamma.push_back(backward(run_norm<double>(c, fused, vars).y, dy)[vars[1]]);
    }
    CHECK_THAT(dgamma[1], AllClose(dgamma[0], rounding<double>(16)));
  }
}

TEST_CASE("norms: the staged form has named stages and marks, the fused form is one node that keeps little",
          "[layers][norms]") {
  using Names = std::vector<std::string>;
  for (const NormCase& c : norm_cases) {
    INFO(to_string(c));
    Tape<double> tape, one;
    run_norm<double>(c, false, leaves(tape, norm_inputs<double>(c)));
    run_norm<double>(c, true, leaves(one, norm_inputs<double>(c)));
    const Graph many = snapshot(tape), single = snapshot(one);
    CHECK(op_count(single) == 1);
    CHECK(single.nodes.back().op == c.layer);
    CHECK(single.nodes.back().label == "y");
    Names stages, marks;
    for (const GraphNode& node : many.nodes) {
      if (!node.inputs.empty()) stages.push_back(scope_path(many, node.scope));
      marks.insert(marks.end(), node.marks.begin(), node.marks.end());
    }
    stages.erase(std::unique(stages.begin(), stages.end()), stages.end());
    const bool rms = c.layer == "rms_norm";
    CHECK(marks == (rms ? Names{"mean_square"} : Names{"mean", "variance"}));
    Names expected{c.layer + "/normalise", c.layer + "/affine"};
    expected.insert(expected.begin(), c.layer + (rms ? "/mean_square" : "/variance"));
    if (!rms) expected.insert(expected.begin(), c.layer + "/mean");
    CHECK(stages == expected);
    // mean (high and low part) and inv_std: nothing of the size of x.
    const Index groups = place_of(c, c.shape.size() - 1).group + 1;
    CHECK(saved_bytes(single) == static_cast<std::size_t>((rms ? 1 : 3) * groups) * sizeof(double));
  }
}

TEST_CASE("norms: nothing is left behind", "[layers][norms]") {
  const std::size_t live = memory::stats().live_bytes;
  for (const NormCase& c : norm_cases) {
    for (const bool fused : {false, true}) {
      Tape<double> tape;
      const auto in = leaves(tape, norm_inputs<double>(c));
      const Var<double> y = run_norm<double>(c, fused, in).y;
      const auto dy = Random(7).tensor<double>(c.shape);
      CHECK(backward(backward(y, dy, {.record = true}).var(in[0]), dy).reached(in[0]));
    }
  }
  CHECK(memory::stats().live_bytes == live);
}
