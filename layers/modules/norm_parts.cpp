// SPDX-License-Identifier: MIT
#include <layers/group_layout.h>
#include <layers/modules/norm_parts.h>

#include <algorithm>
#include <cmath>

namespace wengert {

void expect_positive(const std::string& op, std::string_view what, Index count) {
  if (count < 1) throw_value(op, what, static_cast<double>(count), "at least 1");
}

void expect_channels(std::string_view op, const Shape& x, int axis, Index channels) {
  if (x.rank() < 2) return;  // the layer says so
  const Index got = x[resolve_axis(op, axis, x.rank())];
  if (got == channels) return;
  throw ShapeError(std::string(op) + ": x has shape " + to_string(x) + " with " + std::to_string(got) +
                   " channels, expected " + std::to_string(channels));
}

Shape checked_normalized_shape(const std::string& op, const Shape& shape, double eps) {
  check_eps(op, eps);
  if (shape.rank() == 0 || shape.size() == 0)
    throw ShapeError(op + ": normalized_shape is " + to_string(shape) +
                     ", expected one axis or more, none of them empty");
  return shape;
}

void expect_trailing(std::string_view op, const Shape& x, const Shape& normalized_shape) {
  const int rank = normalized_shape.rank();
  if (x.rank() >= rank && std::equal(normalized_shape.begin(), normalized_shape.end(), x.end() - rank))
    return;
  throw ShapeError(std::string(op) + ": x has shape " + to_string(x) + ", expected one that ends in " +
                   to_string(normalized_shape));
}

template <class T>
void add_running(std::vector<typename Module<T>::Entry>& entries, RunningStatistics<T>& running) {
  RunningStatistics<T>* r = &running;
  entries.push_back({.name = "running_mean", .value = r->mean(), .assign = [r](const Tensor<T>& mean) {
                       r->assign(mean, r->var(), r->batches());
                     }});
  entries.push_back({.name = "running_var", .value = r->var(), .assign = [r](const Tensor<T>& var) {
                       r->assign(r->mean(), var, r->batches());
                     }});
  entries.push_back({.name = "num_batches_tracked",
                     .value = Tensor<T>::scalar(static_cast<T>(r->batches())),
                     .assign = [r](const Tensor<T>& count) {
                       const T n = count.item();
                       // Beyond 2^53 no count can be meant, and the conversion would not be defined.
                       if (!(n >= 0 && n <= T(0x1p53) && n == std::floor(n)))
                         throw_value("load_state", "num_batches_tracked", static_cast<double>(n),
                                     "a whole number >= 0");
                       r->assign(r->mean(), r->var(), static_cast<std::int64_t>(n));
                     }});
}

#define WENGERT_INSTANTIATE(T) \
  template void add_running(std::vector<typename Module<T>::Entry>&, RunningStatistics<T>&);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
