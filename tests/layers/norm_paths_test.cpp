// SPDX-License-Identifier: MIT
#include <autodiff/split_by_path.h>
#include <tests/layers/norm_case.h>
#include <tests/support/all_close.h>
#include <tests/support/tolerances.h>

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr double norm_rounding = rounding<double>(64);

struct NamedTerm {
  std::string mark;  // empty for direct
  Tensor<double> value;
};

std::vector<NamedTerm> closed_form_terms(const NormCase& c, const Tensors<double>& in,
                                         const Tensor<double>& dy) {
  const auto three = [](auto t) {
    return std::vector<NamedTerm>{{"", t.direct}, {"mean", t.mean}, {"variance", t.variance}};
  };
  const std::optional<Tensor<double>> gamma = c.gamma ? std::optional(in[1]) : std::nullopt;
  if (c.layer == "layer_norm") {
    return three(fused::layer_norm_terms<double>(in[0], gamma, dy,
                                                 {.eps = c.eps, .normalized_axes = c.axes_or_groups}));
  }
  if (c.layer == "group_norm") {
    return three(fused::group_norm_terms<double>(
        in[0], gamma, dy, {.groups = c.axes_or_groups, .eps = c.eps, .channel_axis = c.channel_axis}));
  }
  if (c.layer == "instance_norm") {
    return three(
        fused::instance_norm_terms<double>(in[0], gamma, dy, {.eps = c.eps, .channel_axis = c.channel_axis}));
  }
  const auto terms =
      fused::rms_norm_terms<double>(in[0], gamma, dy, {.eps = c.eps, .normalized_axes = c.axes_or_groups});
  return {{"", terms.direct}, {"mean_square", terms.mean_square}};
}

}  // namespace

TEST_CASE("norms: the terms of the closed form are the path classes, and add up to dx", "[layers][norms]") {
  for (NormCase c : norm_cases) {
    for (const bool scaled : {true, false}) {
      c.gamma = scaled;
      const Tensors<double> values = norm_inputs<double>(c);
      const auto dy = Random(7).tensor<double>(c.shape);
      const std::vector<NamedTerm> terms = closed_form_terms(c, values, dy);
      for (const bool fused : {false, true}) {
        INFO(to_string(c) << (fused ? " fused" : " staged"));
        Tape<double> tape;
        const std::vector<Var<double>> in = leaves(tape, values);
        const Var<double> y = run_norm<double>(c, fused, in).y;
        const auto classes = split_by_path(y, dy, in[0]);
        REQUIRE(classes.size() == (c.layer == "rms_norm" ? 2 : 4));
        Var<double> total(Tensor<double>::zeros(c.shape));
        for (std::size_t i = 0; i < terms.size(); ++i) {
          CHECK((classes[i].marks.empty() ? "" : classes[i].marks[0]) == terms[i].mark);
          CHECK_THAT(classes[i].cotangent, AllClose(terms[i].value, norm_rounding));
          total = total + Var<double>(terms[i].value);
        }
        if (classes.size() == 4)
          CHECK_THAT(classes[3].cotangent, AllClose(Tensor<double>::zeros(c.shape), norm_rounding));
        CHECK_THAT(total.value(), AllClose(backward(y, dy)[in[0]], norm_rounding));
      }
    }
  }
}

TEST_CASE("norms: the terms refuse a dy of another shape, and what the layer refuses", "[layers][norms]") {
  const auto x = Random(7).tensor<double>({3, 4, 2}), other = Random(7).tensor<double>({3, 2, 4});
  const Tensor<double> gamma = Tensor<double>::zeros({3});
  CHECK_THROWS_WITH(fused::layer_norm_terms<double>(x, {}, other),
                    "layer_norm_terms: dy has shape [3, 2, 4], expected [3, 4, 2]");
  CHECK_THROWS_WITH(fused::rms_norm_terms<double>(x, gamma, x),
                    "rms_norm_terms: gamma has shape [3], expected [2]");
  CHECK_THROWS_WITH(fused::group_norm_terms<double>(x, gamma, x, {.groups = 2}),
                    "group_norm_terms: gamma has shape [3], expected [4]");
  CHECK_THROWS_WITH(fused::instance_norm_terms<double>(x, {}, x, {.eps = -1}),
                    "instance_norm_terms: eps is -1, expected a finite number >= 0");
}
