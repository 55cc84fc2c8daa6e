// SPDX-License-Identifier: MIT
#include <examples/weight_standardisation/weight_standardisation.h>
#include <tools/workbench.h>

int main(int argc, char** argv) {
  return wengert::workbench(argc, argv,
                            {.name = "weight_standardisation",
                             .inputs = {{"w", {16, 27}}, {"gain", {16}}},
                             .staged = [](auto w, auto gain) { return staged_form(w, gain); },
                             .fused = [](auto w, auto gain) { return fused_form(w, gain); }});
}
