// SPDX-License-Identifier: MIT
#include <autodiff/compare/directions.h>
#include <autodiff/compare/slope.h>

#include <algorithm>
#include <limits>

namespace wengert {
namespace {

template <class T>
Tensor<T> unit_cotangent(const Shape& shape, Index j) {
  Tensor<T> dy = Tensor<T>::zeros(shape);
  dy.mutable_data()[j] = T(1);
  return dy;
}

// Row j is the gradient of element j of the value.
template <class T>
std::vector<Tensor<T>> jacobian_rows(const FormRun<T>& run, std::size_t i) {
  std::vector<Tensor<T>> rows;
  for (Index j = 0; j < run.y.shape().size(); ++j)
    rows.push_back(run.gradients(unit_cotangent<T>(run.y.shape(), j))[i]);
  return rows;
}

// For each column the largest of the terms that its entries are made of.
template <class T>
std::vector<double> column_terms(const FormRun<T>& run, const std::vector<Tensor<T>>& rows, std::size_t i) {
  std::vector<double> largest(static_cast<std::size_t>(run.leaves[i].shape().size()), 0.0);
  for (std::size_t j = 0; j < rows.size(); ++j) {
    const Tensor<T> dy = unit_cotangent<T>(run.y.shape(), static_cast<Index>(j));
    const std::vector<double> terms = terms_of(run, dy, i, rows[j]);
    for (std::size_t k = 0; k < terms.size(); ++k)
      if (std::isfinite(terms[k])) largest[k] = std::max(largest[k], terms[k]);
  }
  return largest;
}

// Column k by differences: a slope for every element of the value.
template <class T, class V>
std::vector<Slope> jacobian_column(const CheckedFunction<T, V>& f, std::size_t i, Index k, double size) {
  const auto outputs = static_cast<std::size_t>(f.value().size());
  std::vector<std::vector<Probe>> probes(outputs);
  for (const double h : slope_steps<V>()) {
    const auto moved = [&](double step) {
      Tensor<V> x = f.input(i).clone();
      x.mutable_data()[k] += static_cast<V>(step * size);
      return f.value_at(i, std::move(x));
    };
    const Tensor<V> ahead = moved(h), behind = moved(-h);
    for (std::size_t j = 0; j < outputs; ++j) {
      const auto at = static_cast<Index>(j);
      probes[j].push_back({h * size, static_cast<double>(ahead[at] - f.value()[at]),
                           static_cast<double>(behind[at] - f.value()[at])});
    }
  }
  std::vector<Slope> column;
  for (std::size_t j = 0; j < outputs; ++j) {
    const double noise = static_cast<double>(std::numeric_limits<V>::epsilon()) *
                         std::abs(static_cast<double>(f.value()[static_cast<Index>(j)]));
    column.push_back(estimate_slope(probes[j], noise));
  }
  return column;
}

}  // namespace

template <class T, class V>
void check_jacobian(const CheckedFunction<T, V>& f, std::size_t i, std::uint64_t seed, InputCheck& check) {
  const FormRun<T> run = f.run();
  const std::vector<Tensor<T>> rows = jacobian_rows(run, i);
  const std::vector<Tensor<T>> shaken = jacobian_rows(f.run_disturbed(seed), i);
  const std::vector<Tensor<T>> again = jacobian_rows(f.run_disturbed(seed + 100), i);
  const std::vector<double> terms = column_terms(run, rows, i);
  for (Index k = 0; k < f.input(i).size(); ++k) {
    const double size = std::max(std::abs(static_cast<double>(f.input(i)[k])), f.size_of(i));
    const std::vector<Slope> column = jacobian_column(f, i, k, size);
    const double largest = terms[static_cast<std::size_t>(k)];
    const bool has_slopes =
        std::ranges::all_of(column, [](const Slope& s) { return std::isfinite(s.error); });
    double spread = 0;
    for (std::size_t j = 0; j < column.size(); ++j) {
      const auto entry = static_cast<double>(rows[j][k]);
      for (const auto& other : {shaken, again}) {
        const double by = std::abs(static_cast<double>(other[j][k]) - entry);
        if (std::isfinite(by)) spread = std::max(spread, by);
      }
    }
    for (std::size_t j = 0; j < column.size(); ++j) {
      ++check.jacobian_entries;
      if (column[j].kink) {
        ++check.kinks;
        continue;
      }
      if (!std::isfinite(column[j].error)) continue;
      // Where one element has no slope the rule of the input may give 0 · ∞ for the others.
      if (!has_slopes && !std::isfinite(rows[j][k])) continue;
      const double off = std::abs(static_cast<double>(rows[j][k]) - column[j].value);
      const double unit = std::max(largest, std::abs(column[j].value));
      const double allowed = (roundings_of_terms * std::numeric_limits<T>::epsilon() + 100 * finest) * unit +
                             shaken_spreads * spread + neighbours * column[j].error;
      const double relative = off == 0 ? 0 : off / unit;
      if (relative > check.jacobian_error) check.jacobian_error = relative;
      if (off <= allowed) continue;
      if (column[j].error > 0.1 * unit) continue;  // no slope to compare with
      check.verdict = Verdict::fail;
      check.reason = "entry (" + std::to_string(j) + ", " + std::to_string(k) + ") of the Jacobian is " +
                     std::to_string(static_cast<double>(rows[j][k])) + ", differences give " +
                     std::to_string(column[j].value);
    }
  }
}

#define WENGERT_INSTANTIATE(T, V) \
  template void check_jacobian(const CheckedFunction<T, V>&, std::size_t, std::uint64_t, InputCheck&);
WENGERT_INSTANTIATE(float, float)
WENGERT_INSTANTIATE(float, double)
WENGERT_INSTANTIATE(double, double)
WENGERT_INSTANTIATE(double, long double)

}  // namespace wengert
