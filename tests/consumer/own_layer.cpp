// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <tools/workbench.h>

int main(int argc, char** argv) {
  return wengert::workbench(argc, argv,
                            {.name = "sigmoid",
                             .inputs = {{"x", {5, 3}}},
                             .staged = [](auto x) { return reciprocal(exp(-x) + 1); },
                             .fused = [](auto x) { return sigmoid(x); }});
}
