// SPDX-License-Identifier: MIT
// How long the forms take: interleaved, since on a shared machine only neighbours in time can be compared.
#pragma once

#include <autodiff/compare/subject.h>

#include <span>
#include <vector>

namespace wengert {

/// Nanoseconds.
struct Quartiles {
  double lower = 0;
  double median = 0;
  double upper = 0;
};

/// Forward records on a fresh tape; backward sweeps it; a step is both, with making and freeing the tape.
struct Timing {
  Quartiles forward;
  Quartiles backward;
  Quartiles step;
  int rounds = 0;
};

/// The bytes that each pass has to move at least: every input read once, every output written once.
struct Traffic {
  double forward = 0;   ///< inputs and y
  double backward = 0;  ///< inputs, dy and the gradients
  double step = 0;      ///< both
};

struct TimingOptions {
  double seconds = 1.0;  ///< for all layers together, after a warm-up
  int least_rounds = 5;
  int most_rounds = 1000;
};

/// One Timing a layer, in order. Every round runs each layer once, and starts with another one.
template <class T>
std::vector<Timing> measure_time(std::span<const Layer<T>> layers, const std::vector<NamedTensor<T>>& inputs,
                                 const Tensor<T>& dy, TimingOptions options = {});

template <class T>
Traffic least_traffic(const std::vector<NamedTensor<T>>& inputs, const Shape& y);

/// Bytes read and written in a second by a copy of `bytes` bytes: the median of some runs, by as many threads
/// as the kernels use.
double measure_copy(std::size_t bytes);

/// Quartiles of some samples, by linear interpolation.
Quartiles quartiles(std::vector<double> samples);

}  // namespace wengert
