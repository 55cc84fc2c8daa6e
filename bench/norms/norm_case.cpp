// SPDX-License-Identifier: MIT
#include <bench/norms/norm_case.h>
#include <fmt/format.h>

namespace wengert::bench {

kernels::GroupView NormCase::view() const {
  const auto& [layout, n, c, h, w] = dimensions;
  const bool last = layout == Layout::nhwc;
  return {.batch = n,
          .outer = last ? h * w : 1,
          .channels = c,
          .inner = last ? 1 : h * w,
          .groups = norm == Norm::instance ? c : groups};
}

std::string to_string(const NormCase& c) {
  constexpr const char* names[] = {"layer_norm", "rms_norm", "group_norm", "instance_norm"};
  const std::string groups = c.norm == Norm::group ? fmt::format(" {} groups", c.groups) : "";
  return fmt::format("{} {}{}", names[static_cast<int>(c.norm)], to_string(c.dimensions), groups);
}

// In L2, in L3 and beyond; rows from short to a whole image; odd ones.
const std::vector<NormCase>& norm_cases() {
  static const std::vector<NormCase> cases = {
      {Norm::layer, {Layout::nc, 128, 256}},
      {Norm::layer, {Layout::nc, 1024, 768}},
      {Norm::layer, {Layout::nc, 1024, 1024}},
      {Norm::layer, {Layout::nc, 997, 1021}},
      {Norm::layer, {Layout::nc, 16384, 64}},
      {Norm::layer, {Layout::nc, 64, 16384}},
      {Norm::layer, {Layout::nc, 8192, 1024}},
      {Norm::rms, {Layout::nc, 128, 256}},
      {Norm::rms, {Layout::nc, 1024, 1024}},
      {Norm::rms, {Layout::nc, 64, 16384}},
      {Norm::rms, {Layout::nc, 8192, 1024}},
      {Norm::group, {Layout::nc, 1024, 1024}, 32},
      {Norm::group, {Layout::nchw, 8, 64, 14, 14}, 32},
      {Norm::group, {Layout::nchw, 8, 256, 14, 14}, 32},
      {Norm::group, {Layout::nchw, 8, 64, 56, 56}, 32},
      {Norm::group, {Layout::nchw, 32, 64, 56, 56}, 32},
      {Norm::group, {Layout::nhwc, 8, 256, 14, 14}, 32},
      {Norm::group, {Layout::nhwc, 8, 64, 56, 56}, 32},
      {Norm::instance, {Layout::nchw, 8, 256, 14, 14}},
      {Norm::instance, {Layout::nchw, 8, 64, 56, 56}},
      {Norm::instance, {Layout::nhwc, 8, 256, 14, 14}},
  };
  return cases;
}

}  // namespace wengert::bench
