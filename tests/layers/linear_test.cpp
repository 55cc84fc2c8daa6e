// SPDX-License-Identifier: MIT
#include <layers/linear.h>
#include <tests/support/all_close.h>
#include <tests/support/check_op.h>

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr auto staged_form = [](auto in) {
  using T = std::remove_cvref_t<decltype(in[0].value()[0])>;
  return staged::linear<T>(in[0], in[1], in.size() > 2 ? OptionalVar<T>(in[2]) : std::nullopt);
};
constexpr auto fused_form = [](auto in) {
  using T = std::remove_cvref_t<decltype(in[0].value()[0])>;
  return fused::linear<T>(in[0], in[1], in.size() > 2 ? OptionalVar<T>(in[2]) : std::nullopt);
};

Tensors<float> inputs(bool bias, Index rows = 3) {
  Random random(29);
  Tensors<float> out{random.tensor<float>({rows, 4}), random.tensor<float>({5, 4})};
  if (bias) out.push_back(random.tensor<float>({5}));
  return out;
}

}  // namespace

TEST_CASE("linear: both forms hold against the wider type, differences and jvp", "[layers][linear]") {
  const bool bias = GENERATE(true, false);
  check_op(staged_form, inputs(bias), 8);
  check_op(fused_form, inputs(bias), 8);
}

TEST_CASE("linear: both forms give the same value and the same gradients", "[layers][linear]") {
  const Tensor<float> dy = Random(3).tensor<float>({3, 5});
  const Tensors<float> at = inputs(true);
  const Tensors<float> many = vjp_of<float>(staged_form, at, dy), one = vjp_of<float>(fused_form, at, dy);
  for (std::size_t i = 0; i < 3; ++i) CHECK_THAT(one[i], AllClose(many[i], rounding<float>(4)));
  CHECK_THAT(value_of<float>(fused_form, at), Equals(value_of<float>(staged_form, at)));
}

TEST_CASE("linear: an empty batch gives zeros for weight and bias", "[layers][linear]") {
  for (const Function<float>& form : {Function<float>(staged_form), Function<float>(fused_form)}) {
    const Tensors<float> gradients = vjp_of<float>(form, inputs(true, 0), Tensor<float>::zeros({0, 5}));
    CHECK_THAT(gradients[1], Equals(Tensor<float>::zeros({5, 4})));
    CHECK_THAT(gradients[2], Equals(Tensor<float>::zeros({5})));
  }
}

TEST_CASE("linear: shapes that do not fit are refused by name", "[layers][linear]") {
  Tape<double> tape;
  const auto leaf = [&](const Shape& shape) { return tape.leaf(Tensor<double>::zeros(shape)); };
  const Var<double> x = leaf({3, 4}), w = leaf({5, 4});
  for (const auto form : {staged::linear<double>, fused::linear<double>}) {
    CHECK_THROWS_WITH(form(w, leaf({5, 3}), {}),
                      "linear: x has shape [5, 4], expected [N, 3] for a weight of shape [5, 3]");
    CHECK_THROWS_WITH(form(x, leaf({4}), {}), "linear: weight has shape [4], expected [out, in]");
    CHECK_THROWS_WITH(form(x, w, leaf({4})), "linear: bias has shape [4], expected [5]");
    CHECK_THROWS_AS(form(x, Tape<double>().leaf(Tensor<double>::zeros({5, 4})), {}), TapeError);
  }
}
