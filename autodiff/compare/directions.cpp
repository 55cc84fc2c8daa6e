// SPDX-License-Identifier: MIT
#include <autodiff/compare/directions.h>
#include <autodiff/compare/slope.h>
#include <autodiff/split_by_path.h>

#include <algorithm>
#include <limits>

namespace wengert {
namespace {

// What a disturbed gradient is off by, which has to be noticed.
constexpr double control_disturbance = 1e-3;
// Along a cotangent of the null space the slope is this much smaller than |dy||J u| lets expect.
constexpr double null_space = 1e-7;
constexpr int shakes = 3;

struct Sums {
  double claimed = 0;   // <g, u>
  double control = 0;   // what a disturbance of 1e-3 makes of it, at most
  double terms = 0;     // root of Σ (terms of g · u)²
  double rounding = 0;  // root of Σ (spread of g · u)²
  bool finite = true;
  bool zero = true;
};

template <class T, class V>
Sums sums_of(const CheckedFunction<T, V>& f, std::size_t i, const Tensor<T>& dy, const Tensor<V>& u,
             std::uint64_t seed) {
  const FormRun<T> run = f.run();
  const Tensor<T> g = run.gradients(dy)[i];
  const std::vector<double> terms = terms_of(run, dy, i, g);
  std::vector<double> spread(terms.size(), 0.0);
  for (int shake = 0; shake < shakes; ++shake) {
    seed += 100;
    const Tensor<T> moved = f.run_disturbed(seed).gradients(CheckedFunction<T, V>::shaken(dy, seed + 50))[i];
    for (std::size_t k = 0; k < spread.size(); ++k) {
      const auto at = static_cast<Index>(k);
      const double by = std::abs(static_cast<double>(moved[at]) - static_cast<double>(g[at]));
      if (std::isfinite(by)) spread[k] = std::max(spread[k], by);
    }
  }
  const Tensor<T> signs = random_normal<T>(g.shape(), seed + 7);
  Sums sums;
  long double claimed = 0, signed_control = 0, squares = 0, rounding = 0;
  for (std::size_t k = 0; k < terms.size(); ++k) {
    const auto at = static_cast<Index>(k);
    const auto step = static_cast<double>(u[at]);
    const auto part = static_cast<long double>(g[at]) * static_cast<long double>(u[at]);
    sums.finite = sums.finite && std::isfinite(g[at]);
    sums.zero = sums.zero && g[at] == T(0);
    claimed += part;
    signed_control += signs[at] < T(0) ? -part : part;
    squares += static_cast<long double>(terms[k] * step) * static_cast<long double>(terms[k] * step);
    rounding += static_cast<long double>(spread[k] * step) * static_cast<long double>(spread[k] * step);
  }
  sums.claimed = static_cast<double>(claimed);
  // Two disturbances: all elements scaled alike, and each by a sign of its own.
  sums.control =
      control_disturbance * static_cast<double>(std::max(std::abs(claimed), std::abs(signed_control)));
  sums.terms = static_cast<double>(std::sqrt(squares));
  sums.rounding = static_cast<double>(std::sqrt(rounding));
  return sums;
}

// φ along u, and how far the value itself moves.
struct Line {
  std::vector<Probe> probes;
  double noise = 0;      // of φ
  double moves = 0;      // |dy| · |f(x + h u) − f(x − h u)| / 2h at the smallest h
  bool constant = true;  // the value is the same everywhere along u
};

template <class T, class V>
Line probe_line(const CheckedFunction<T, V>& f, std::size_t i, const Tensor<T>& dy, const Tensor<V>& u) {
  Line line;
  long double dy_squares = 0, products = 0;
  for (Index k = 0; k < dy.size(); ++k) {
    const auto d = static_cast<long double>(dy[k]);
    const auto p = d * static_cast<long double>(f.value()[k]);
    dy_squares += d * d;
    products += p * p;
  }
  line.noise = static_cast<double>(std::numeric_limits<V>::epsilon() * std::sqrt(products));
  for (const double h : slope_steps<V>()) {
    const auto moved = [&](double step) {
      Tensor<V> x = f.input(i).clone();
      V* numbers = x.mutable_data();
      for (Index k = 0; k < x.size(); ++k) numbers[k] += static_cast<V>(step) * u[k];
      return f.value_at(i, std::move(x));
    };
    const Tensor<V> ahead = moved(h), behind = moved(-h);
    long double forth = 0, back = 0, apart = 0;
    for (Index k = 0; k < dy.size(); ++k) {
      const auto d = static_cast<long double>(dy[k]);
      forth += d * static_cast<long double>(ahead[k] - f.value()[k]);
      back += d * static_cast<long double>(behind[k] - f.value()[k]);
      const auto gap = static_cast<long double>(ahead[k] - behind[k]);
      apart += gap * gap;
    }
    line.constant = line.constant && apart == 0;
    line.moves = static_cast<double>(std::sqrt(dy_squares * apart) / (2 * static_cast<long double>(h)));
    line.probes.push_back({h, static_cast<double>(forth), static_cast<double>(back)});
  }
  return line;
}

std::vector<TaylorRow> taylor_table(const Line& line, double claimed, double left_open) {
  std::vector<TaylorRow> rows;
  for (const Probe& p : line.probes) {
    TaylorRow row{.h = p.h,
                  .remainder = std::abs(p.ahead - p.h * claimed),
                  .order = std::numeric_limits<double>::quiet_NaN()};
    const bool above_rounding = row.remainder > 20 * line.noise && row.remainder > p.h * left_open;
    if (!rows.empty() && above_rounding && std::isfinite(rows.back().remainder))
      row.order = std::log(rows.back().remainder / row.remainder) / std::log(step_ratio);
    rows.push_back(row);
  }
  return rows;
}

// The order where h is smallest and rounding does not decide yet; NaN where the function is a straight line.
double final_order(const std::vector<TaylorRow>& rows) {
  double order = std::numeric_limits<double>::quiet_NaN();
  for (const TaylorRow& row : rows) order = std::isnan(row.order) ? order : row.order;
  return order;
}

std::string short_number(double v) {
  std::string text(32, '\0');
  text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.2g", v)));
  return text;
}

struct Judgement {
  Verdict verdict;
  std::string reason;
};

Judgement judge(const Sums& sums, const Slope& slope, const Line& line, const InputCheck& found,
                bool connected) {
  const bool settled = std::isfinite(slope.error) && slope.error <= 1e-4 * std::abs(slope.value);
  if (line.constant) {
    if (sums.zero) return {Verdict::pass, "the value does not change with it, and the gradient is zero"};
    if (std::abs(sums.claimed) * line.probes.front().h <= line.noise)
      return {Verdict::undecided, "what it changes is lost in the rounding of the value"};
    if (found.error <= found.allowance)
      return {Verdict::pass, "the value does not change with it, and the gradient is zero to rounding"};
    return {Verdict::fail, "the value does not change with it, the gradient is not zero"};
  }
  if (slope.kink) return {Verdict::undecided, "a kink: the slopes of both sides differ"};
  if (!sums.finite) {
    if (settled) return {Verdict::fail, "the gradient is not finite, the slope is"};
    return {Verdict::undecided, "neither the gradient nor the slope is finite"};
  }
  if (settled && sums.zero) {
    return {Verdict::fail, connected ? "the gradient is zero, the slope is not"
                                     : "no gradient reaches it, yet the value changes with it"};
  }
  const bool in_null_space =
      std::max(std::abs(slope.value), sums.terms > 0 ? std::abs(sums.claimed) : 0) <= null_space * line.moves;
  if (in_null_space) {
    return {Verdict::undecided,
            "the cotangent lies in the null space: nothing flows back, nothing is tested"};
  }
  if (found.error > found.allowance) {
    const double order = final_order(found.taylor);
    const std::string falls =
        order < 1.5 ? "; the remainder falls as h^" + short_number(order) + ", not as h²" : "";
    if (slope.error > 0.1 * std::abs(slope.value))
      return {Verdict::undecided, "the differences do not settle on a slope"};
    return {Verdict::fail, "the gradient is off by " + short_number(found.error) + " of its terms, " +
                               short_number(found.allowance) + " allowed" + falls};
  }
  return {Verdict::pass, "within " + short_number(found.error) + " of the slope, " +
                             short_number(found.allowance) + " allowed"};
}

int badness(Verdict v) { return v == Verdict::fail ? 2 : v == Verdict::undecided ? 1 : 0; }

}  // namespace

template <class T>
std::vector<double> terms_of(const FormRun<T>& run, const Tensor<T>& dy, std::size_t i, const Tensor<T>& g) {
  std::vector<double> terms;
  for (const T v : g.values()) terms.push_back(std::abs(static_cast<double>(v)));
  if (!run.y.on_tape()) return terms;
  try {
    const auto classes = split_by_path(run.y, dy, run.leaves[i]);
    if (classes.size() < 2) return terms;
    for (std::size_t k = 0; k < terms.size(); ++k) {
      double sum = 0;
      for (const PathClass<T>& c : classes)
        sum += std::abs(static_cast<double>(c.cotangent[static_cast<Index>(k)]));
      if (std::isfinite(sum)) terms[k] = std::max(terms[k], sum);
    }
  } catch (const Error&) {
    // A closed form without a staged one, or too many marks: its size is all that is known of it.
  }
  return terms;
}

template <class T, class V>
void check_direction(const CheckedFunction<T, V>& f, std::size_t i, const Tensor<T>& dy, std::uint64_t seed,
                     InputCheck& check) {
  Tensor<V> u = random_normal<V>(f.input(i).shape(), seed);
  const auto size = static_cast<V>(f.size_of(i));
  for (V& number : std::span(u.mutable_data(), static_cast<std::size_t>(u.size()))) number *= size;
  const Sums sums = sums_of(f, i, dy, u, seed + 13);
  const Line line = probe_line(f, i, dy, u);
  const Slope slope = estimate_slope(line.probes, line.noise);
  const FormRun<T> run = f.run();
  const bool connected = run.y.on_tape() && backward(run.y, dy).reached(run.leaves[i]);

  constexpr double infinity = std::numeric_limits<double>::infinity();
  InputCheck found;
  const double unit = std::max(sums.terms, std::abs(slope.value));
  const double left_open = roundings_of_terms * std::numeric_limits<T>::epsilon() * unit +
                           shaken_spreads * sums.rounding + finest * unit + neighbours * slope.error;
  const double off = std::abs(sums.claimed - slope.value);
  const auto relative = [&](double v) { return v == 0 ? 0 : std::abs(v) / unit; };
  found.slope = slope.value;
  found.claimed = sums.claimed;
  found.error = relative(off);
  found.allowance = relative(left_open);
  found.taylor = taylor_table(line, sums.claimed, left_open);
  const Judgement judgement = judge(sums, slope, line, found, connected);

  ++check.directions;
  check.control_of_allowance =
      std::max(check.control_of_allowance, line.constant ? infinity : (sums.control - off) / left_open);
  check.kinks += judgement.verdict == Verdict::undecided && slope.kink ? 1 : 0;
  const bool worse =
      badness(judgement.verdict) > badness(check.verdict) ||
      (judgement.verdict == check.verdict && found.error * check.allowance > check.error * found.allowance);
  if (check.directions > 1 && !worse) return;
  check.verdict = judgement.verdict;
  check.reason = judgement.reason;
  check.slope = found.slope;
  check.claimed = found.claimed;
  check.error = found.error;
  check.allowance = found.allowance;
  check.taylor = std::move(found.taylor);
}

#define WENGERT_INSTANTIATE(T, V)                                                                           \
  template void check_direction(const CheckedFunction<T, V>&, std::size_t, const Tensor<T>&, std::uint64_t, \
                                InputCheck&);
template std::vector<double> terms_of(const FormRun<float>&, const Tensor<float>&, std::size_t,
                                      const Tensor<float>&);
template std::vector<double> terms_of(const FormRun<double>&, const Tensor<double>&, std::size_t,
                                      const Tensor<double>&);
WENGERT_INSTANTIATE(float, float)
WENGERT_INSTANTIATE(float, double)
WENGERT_INSTANTIATE(double, double)
WENGERT_INSTANTIATE(double, long double)

}  // namespace wengert
