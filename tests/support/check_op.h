// SPDX-License-Identifier: MIT
// What is asked of every op, at a point away from its kinks: the same value on and off the tape; value and
// gradient in float and double against long double; first and second derivatives and the jvp against
// differences; and no byte left behind.
#pragma once

#include <tests/support/all_close.h>
#include <tests/support/differences.h>
#include <tests/support/tolerances.h>

namespace wengert::test {

template <class T>
Tensors<T> cast(const Tensors<float>& tensors) {
  Tensors<T> out;
  for (const Tensor<float>& tensor : tensors) out.push_back(tensor.cast<T>());
  return out;
}

template <class T>
void check_off_the_tape(const Function<T>& f, const Tensors<T>& inputs) {
  std::vector<Var<T>> constants(inputs.begin(), inputs.end());
  const Var<T> y = f(constants);
  CHECK_FALSE(y.on_tape());
  CHECK_THAT(y.value(), Equals(value_of(f, inputs)));
  for (std::size_t i = 0; i < inputs.size(); ++i) CHECK(constants[i].value().buffer() == inputs[i].buffer());
}

template <class T>
void check_against_oracle(const Function<T>& f, const Function<long double>& oracle,
                          const Tensors<float>& inputs, double tolerance) {
  const Tensors<long double> wide = cast<long double>(inputs);
  const Tensor<long double> y = value_of(oracle, wide);
  CHECK_THAT(value_of(f, cast<T>(inputs)), CloseToOracle<T>(y, tolerance));
  const Tensor<float> dy = Random(3).tensor<float>(y.shape());
  const Tensors<T> dx = vjp_of(f, cast<T>(inputs), dy.template cast<T>());
  const Tensors<long double> expected = vjp_of(oracle, wide, dy.template cast<long double>());
  for (std::size_t i = 0; i < dx.size(); ++i) CHECK_THAT(dx[i], CloseToOracle<T>(expected[i], tolerance));
}

inline void check_jvp(const Function<double>& f, const Tensors<double>& inputs) {
  Random random(9);
  Tensors<double> tangents;
  for (const Tensor<double>& x : inputs) tangents.push_back(random.tensor<double>(x.shape()));
  Tape<double> tape;
  const std::vector<Var<double>> in = leaves(tape, inputs);
  const Var<double> y = f(in);
  const Index before = tape.size();
  CHECK_THAT(jvp<double>(y, in, tangents), AllClose(difference(f, inputs, tangents), finite_difference));
  CHECK(tape.size() == before);
}

/// `f` is generic: it is called with a std::span of Var<T> for every T.
template <class F>
void check_op(F f, const Tensors<float>& inputs, double operations = 4) {
  const std::size_t live = memory::stats().live_bytes;
  {
    std::string shapes;
    Index elements = 0;
    for (const Tensor<float>& x : inputs) shapes += " " + to_string(x.shape()), elements += x.size();
    INFO("inputs of shape" << shapes);
    const Function<float> in_float = f;
    const Function<double> in_double = f;
    const Function<long double> in_long_double = f;
    check_off_the_tape(in_float, inputs);
    check_off_the_tape(in_double, cast<double>(inputs));
    check_off_the_tape(in_long_double, cast<long double>(inputs));
    check_against_oracle(in_float, in_long_double, inputs, rounding<float>(operations));
    check_against_oracle(in_double, in_long_double, inputs, rounding<double>(operations));

    const Tensors<double> at = cast<double>(inputs);
    if (elements <= 12) CHECK(jacobian_error(in_double, at) < finite_difference);
    CHECK(directional_error(in_double, at) < finite_difference);
    CHECK(directional_error(differentiated(in_double), at) < finite_difference);
    check_jvp(in_double, at);
  }
  CHECK(memory::stats().live_bytes == live);
}

}  // namespace wengert::test
