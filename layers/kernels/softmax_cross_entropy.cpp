// SPDX-License-Identifier: MIT
#include <autodiff/kernels/parallel.h>
#include <autodiff/kernels/scratch.h>
#include <layers/kernels/softmax_cross_entropy.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace wengert::kernels {
namespace {

// Sums of a row are taken in the next wider type.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, long double>;

// A thread is worth its start from about this many exponentials on.
constexpr Index parallel_elements = 32768;

int threads_for(Index elements) { return elements < parallel_elements ? 1 : available_threads(); }

}  // namespace

template <class T>
void softmax_cross_entropy_forward(Index rows, Index columns, const T* x, Targets<T> targets, T* losses,
                                   LogSumExp<T> normaliser) {
  if (account_only()) return;
  parallel_ranges(rows, threads_for(rows * columns), [&](Index begin, Index end) {
    for (Index n = begin; n < end; ++n) {
      const T* row = x + n * columns;
      T max = row[0];
      for (Index k = 1; k < columns; ++k) {
        if (row[k] > max || std::isnan(row[k])) max = row[k];  // a NaN shows in the loss
      }
      Wide<T> sum = 0;
      for (Index k = 0; k < columns; ++k) sum += std::exp(row[k] - max);
      const Wide<T> log_sum = std::log(sum);
      Wide<T> loss = 0;
      if (targets.classes != nullptr) {
        loss = log_sum - static_cast<Wide<T>>(row[static_cast<Index>(targets.classes[n])] - max);
      } else {
        const T* weight = targets.weights + n * columns;
        for (Index k = 0; k < columns; ++k) {
          // Nothing is expected of a class of weight 0, whose logit may be −∞.
          if (weight[k] != 0) loss += weight[k] * (log_sum - static_cast<Wide<T>>(row[k] - max));
        }
      }
      losses[n] = static_cast<T>(loss);
      normaliser.row_max[n] = max;
      normaliser.log_sum[n] = static_cast<T>(log_sum);
    }
  });
}

template <class T>
void softmax_cross_entropy_backward(Index rows, Index columns, const T* x, Targets<T> targets,
                                    const T* row_max, const T* log_sum, const T* dlosses, T* dx) {
  if (account_only()) return;
  parallel_ranges(rows, threads_for(rows * columns), [&](Index begin, Index end) {
    for (Index n = begin; n < end; ++n) {
      const Index at = n * columns;
      const auto difference = [&](Index k, T target) {
        return (std::exp((x[at + k] - row_max[n]) - log_sum[n]) - target) * dlosses[n];
      };
      if (targets.classes != nullptr) {
        const auto expected = static_cast<Index>(targets.classes[n]);
        for (Index k = 0; k < columns; ++k) dx[at + k] = difference(k, k == expected ? T(1) : T(0));
      } else {
        for (Index k = 0; k < columns; ++k) dx[at + k] = difference(k, targets.weights[at + k]);
      }
    }
  });
}

#define WENGERT_INSTANTIATE(T)                                                                         \
  template void softmax_cross_entropy_forward(Index, Index, const T*, Targets<T>, T*, LogSumExp<T>);   \
  template void softmax_cross_entropy_backward(Index, Index, const T*, Targets<T>, const T*, const T*, \
                                               const T*, T*);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert::kernels
