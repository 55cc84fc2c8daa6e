// SPDX-License-Identifier: MIT
// The layers that normalise each sample by itself, on the shapes that are measured.
#pragma once

#include <bench/peers/contender.h>
#include <layers/kernels/group_norm.h>

#include <string>
#include <vector>

namespace wengert::bench {

enum class Norm { layer, rms, group, instance };

struct NormCase {
  Norm norm;
  Dimensions dimensions;
  Index groups = 1;       ///< of Norm::group
  double of_floor = 1.3;  ///< the most that a step of the kernel may take, in L2-blocked floors

  kernels::GroupView view() const;
};

/// "group_norm NHWC (8,256,14,14) 32 groups"
std::string to_string(const NormCase& c);

const std::vector<NormCase>& norm_cases();

/// The kernels on plain memory, and both forms on a fresh tape each step.
template <class T>
void add_norm_contenders(Contenders<T>& to, const NormCase& c, Problem<T>& problem);

/// The largest error of y, dx, dgamma and dbeta against the scalar kernels, each relative to its largest
/// element.
template <class T>
double error_of(const NormCase& c, const Problem<T>& problem, const Outputs<T>& got);

}  // namespace wengert::bench
