// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <layers/batch_norm.h>

#include <cmath>

int main() {
  wengert::Tape<float> tape;
  const auto x = tape.leaf(wengert::Tensor<float>({2, 2}, {1, 5, 3, 1}), "x");
  const auto y = wengert::fused::batch_norm(x, std::nullopt, std::nullopt, {.eps = 0}).y;
  const auto dx = wengert::backward(y, wengert::Tensor<float>({2, 2}, {1, 0, 0, 1}))[x];
  // Two values a channel normalise to -1 and 1 whatever they are, so nothing flows back.
  return std::abs(y.value()[0] + 1) < 1e-6F && dx.flat().abs().maxCoeff() < 1e-6F ? 0 : 1;
}
