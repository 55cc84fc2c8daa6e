// SPDX-License-Identifier: MIT
// The example of README.md, word for word between the two marks: readme_example_test.cmake compares them.
// README example: begin
#include <autodiff/backward.h>
#include <layers/batch_norm.h>

#include <iostream>

using namespace wengert;

int main() {
  const Tensor<float> dy(Eigen::ArrayXXf::Random(64, 256));
  Tape<float> tape;
  const Var<float> x = tape.leaf(Eigen::ArrayXXf::Random(64, 256), "x");
  const Var<float> gamma = tape.leaf(Eigen::ArrayXf::Random(256), "gamma");
  const Var<float> beta = tape.leaf(Eigen::ArrayXf::Random(256), "beta");

  const Tensor<float> by_tape = backward(staged::batch_norm(x, gamma, beta).y, dy)[x];
  const Tensor<float> by_hand = backward(fused::batch_norm(x, gamma, beta).y, dy)[x];
  std::cout << "largest difference of dx: " << (by_tape.flat() - by_hand.flat()).abs().maxCoeff() << '\n';
}
// README example: end
