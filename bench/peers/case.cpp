// SPDX-License-Identifier: MIT
#include <bench/peers/case.h>

namespace wengert::bench {
namespace {

Target tiny(double of_floor) { return {FloorKind::two_sweep, of_floor, 0.5, 0.15, false}; }
constexpr Target in_l2{FloorKind::l2_blocked, 1.4, 0.5, 0.5, false};
constexpr Target in_l3{FloorKind::two_sweep, 1.15, 0.65, 0.5, true};
constexpr Target in_l3_rows{FloorKind::l2_blocked, 1.25, 0.65, 0.5, true};
constexpr Target in_memory{FloorKind::two_sweep, 1.2, 0.75, 0.5, true};

}  // namespace

std::string to_string(const Dimensions& d) {
  const std::string nc = "(" + std::to_string(d.n) + "," + std::to_string(d.c);
  if (d.layout == Layout::nc) return "NC " + nc + ")";
  return (d.layout == Layout::nchw ? "NCHW " : "NHWC ") + nc + "," + std::to_string(d.h) + "," +
         std::to_string(d.w) + ")";
}

const std::vector<Case>& cases() {
  using enum Layout;
  static const std::vector<Case> all = {
      {{nc, 32, 64}, tiny(3)},
      {{nc, 37, 129}, tiny(2)},
      {{nc, 1000, 3}, tiny(5)},
      {{nc, 128, 256}, in_l2},
      {{nchw, 1, 512, 7, 7}, in_l2},
      {{nchw, 2, 31, 17, 19}, in_l2},
      {{nc, 256, 1024}, in_l3},
      {{nc, 1024, 1024}, in_l3},
      {{nc, 4096, 1024}, in_l3},
      {{nchw, 128, 3, 32, 32}, in_l3_rows},
      {{nchw, 8, 256, 14, 14}, in_l3_rows},
      {{nchw, 32, 64, 56, 56}, in_l3_rows},
      {{nhwc, 128, 3, 32, 32}, in_l3},
      {{nhwc, 8, 256, 14, 14}, in_l3},
      {{nhwc, 32, 64, 56, 56}, in_l3},
      {{nc, 65536, 256}, in_memory},
      {{nc, 8192, 8192}, in_memory},
  };
  return all;
}

}  // namespace wengert::bench
