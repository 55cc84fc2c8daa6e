// SPDX-License-Identifier: MIT
// A command line for a layer of your own: `compare`, `check` and `graph`, as the wengert command has them for
// its layers. docs/your_own_layer.md walks through one.
//
//   int main(int argc, char** argv) {
//     return wengert::workbench(argc, argv, {.name = "my_norm",
//                                            .inputs = {{"x", {32, 7}}, {"gamma", {7}}},
//                                            .staged = [](auto x, auto gamma) { return my_staged(x, gamma);
//                                            }, .fused = [](auto x, auto gamma) { return my_fused(x, gamma);
//                                            }});
//   }
#pragma once

#include <autodiff/compare/compare.h>

#include <string>
#include <vector>

namespace wengert {

/// A generic callable of Vars, one by one, for every type that the commands run in.
struct GenericForm {
  LayerForm<float> float32;
  LayerForm<double> float64;

  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, GenericForm>) GenericForm(F f)
      : float32(f), float64(std::move(f)) {}
};

struct Workbench {
  std::string name;
  std::vector<InputInfo> inputs;  ///< names and default shapes; the numbers are standard normal
  GenericForm staged;
  GenericForm fused;
};

/// Reads the arguments, runs the command, prints. Gives the exit code: 0 agreed (or passed), 1 the evidence
/// says no or does not decide, 2 wrong usage, 3 a file that cannot be read or written. Throws nothing.
int workbench(int argc, char** argv, const Workbench& layer);

}  // namespace wengert
