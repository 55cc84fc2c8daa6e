// SPDX-License-Identifier: MIT
// Which form is closer to the truth, on numbers far from zero; checked against long double.
#include <autodiff/compare/agreement.h>
#include <autodiff/compare/run_form.h>
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <tests/support/catch.h>

#include <algorithm>

using namespace wengert;

namespace {

// What many a framework ships: the variance as E[x²] − E[x]², scale and shift folded into y = a x + b. Right
// on paper; in float32 the two large numbers leave nothing of a small variance.
template <class T>
Var<T> naive_batch_norm(const Var<T>& x, const Var<T>& gamma, const Var<T>& beta) {
  const Index rows = x.shape()[0], columns = x.shape()[1];
  const auto statistics = [rows, columns](const Tensor<T>& numbers) {
    const T n = static_cast<T>(rows);
    std::vector<T> mean(static_cast<std::size_t>(columns)), inv_std(mean);
    for (std::size_t c = 0; c < mean.size(); ++c) {
      T sum = 0, squares = 0;
      for (Index i = 0; i < rows; ++i) {
        const T v = numbers[i * columns + static_cast<Index>(c)];
        sum += v, squares += v * v;
      }
      mean[c] = sum / n;
      inv_std[c] = 1 / std::sqrt(std::max(squares / n - mean[c] * mean[c], T(0)) + T(1e-5));
    }
    return std::pair{mean, inv_std};
  };
  return fuse<T>({.op = "naive_batch_norm",
                  .inputs = {{"x", x}, {"gamma", gamma}, {"beta", beta}},
                  .forward =
                      [&](Saved<T>&) {
                        const auto [mean, inv_std] = statistics(x.value());
                        Tensor<T> y = Tensor<T>::uninitialized(x.shape());
                        for (Index i = 0; i < y.size(); ++i) {
                          const auto c = static_cast<std::size_t>(i % columns);
                          const T scale = gamma.value()[i % columns] * inv_std[c];
                          y.mutable_data()[i] =
                              x.value()[i] * scale + (beta.value()[i % columns] - mean[c] * scale);
                        }
                        return y;
                      },
                  .vjp = [=](const Saved<T>& s, const Tensor<T>& dy) -> std::vector<Tensor<T>> {
                    const auto [mean, inv_std] = statistics(s["x"]);
                    const T n = static_cast<T>(rows);
                    Tensor<T> dx = Tensor<T>::uninitialized(dy.shape());
                    Tensor<T> dgamma = Tensor<T>::zeros({columns}), dbeta = Tensor<T>::zeros({columns});
                    for (Index i = 0; i < dy.size(); ++i) {
                      const auto c = static_cast<std::size_t>(i % columns);
                      dbeta.mutable_data()[i % columns] += dy[i];
                      dgamma.mutable_data()[i % columns] += dy[i] * (s["x"][i] - mean[c]) * inv_std[c];
                    }
                    for (Index i = 0; i < dy.size(); ++i) {
                      const auto c = static_cast<std::size_t>(i % columns);
                      const T scale = s["gamma"][i % columns] * inv_std[c];
                      const T xhat = (s["x"][i] - mean[c]) * inv_std[c];
                      dx.mutable_data()[i] =
                          scale * (dy[i] - dbeta[i % columns] / n - xhat * dgamma[i % columns] / n);
                    }
                    return {dx, dgamma, dbeta};
                  }});
}

// x = 10⁴ + N(0, 1).
template <class F>
Subject<float> far_from_zero(F fused) {
  const Tensor<float> noise = random_normal<float>({200, 6}, 17);
  Tensor<float> x = noise.clone();
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] += 1e4F;
  return make_subject<float>(
      "batch_norm",
      {{"x", x}, {"gamma", random_normal<float>({6}, 18)}, {"beta", random_normal<float>({6}, 19)}},
      [](auto in) { return staged::batch_norm(in[0], in[1], in[2]).y; }, fused);
}

// The root mean square of found − truth, the truth in long double.
double distance(const Tensor<float>& found, const Tensor<long double>& truth) {
  long double sum = 0;
  for (Index i = 0; i < truth.size(); ++i) {
    const long double off = static_cast<long double>(found[i]) - truth[i];
    sum += off * off;
  }
  return static_cast<double>(std::sqrt(sum / static_cast<long double>(truth.size())));
}

std::vector<Tensor<long double>> exact(const Subject<float>& subject, const Tensor<float>& dy) {
  std::vector<NamedTensor<long double>> inputs;
  for (const auto& input : subject.inputs) inputs.push_back({input.name, input.value.cast<long double>()});
  const FormRun<long double> run(
      [](std::span<const Var<long double>> in) {
        return staged::batch_norm<long double>(in[0], in[1], in[2]).y;
      },
      inputs);
  std::vector<Tensor<long double>> out{run.y.value()};
  for (const auto& gradient : run.gradients(dy.cast<long double>())) out.push_back(gradient);
  return out;
}

// Every verdict that names a form is right, by the same factor.
void check_verdicts(const Subject<float>& subject) {
  const Trial<float> trial = run_trial(subject, 3);
  const Agreement agreement = judge_agreement(subject, trial);
  const auto truth = exact(subject, trial.dy);
  for (std::size_t t = 0; t < truth.size(); ++t) {
    const Accuracy& a = agreement.rows[t].accuracy;
    const double staged = distance(trial.staged[t], truth[t]), fused = distance(trial.fused[t], truth[t]);
    CAPTURE(agreement.rows[t].what, staged, fused, a.factor);
    if (a.closer == Closer::fused) CHECK(fused < staged);
    if (a.closer == Closer::staged) CHECK(staged < fused);
    if (staged > 3 * fused) CHECK(a.closer == Closer::fused);
    if (fused > 3 * staged) CHECK(a.closer == Closer::staged);
  }
}

}  // namespace

TEST_CASE("accuracy: far from zero the closed form with the exact mean is closer, as long double says",
          "[compare]") {
  const Subject<float> subject =
      far_from_zero([](auto in) { return fused::batch_norm(in[0], in[1], in[2]).y; });
  check_verdicts(subject);
  const Agreement agreement = check_agreement(subject, 3);
  CHECK(agreement.holds());
  CHECK(agreement.rows[0].accuracy.closer == Closer::fused);
  CHECK(agreement.rows[1].accuracy.closer == Closer::fused);
  CHECK(agreement.rows[0].accuracy.staged_ulps > agreement.rows[0].accuracy.fused_ulps);
}

TEST_CASE("accuracy: the naive closed form is the worse one, and is not called right", "[compare]") {
  const Subject<float> subject = far_from_zero([](auto in) { return naive_batch_norm(in[0], in[1], in[2]); });
  check_verdicts(subject);
  const Agreement agreement = check_agreement(subject, 3);
  CHECK_FALSE(agreement.holds());
  for (const AgreementRow& row : agreement.rows) {
    if (row.what == "dbeta") continue;  // its sum has no mean in it
    CAPTURE(row.what);
    CHECK(row.accuracy.closer == Closer::staged);
    CHECK(row.accuracy.factor > 10);
  }
}

TEST_CASE("accuracy: near zero even the naive form agrees", "[compare]") {
  const Subject<float> subject = make_subject<float>(
      "batch_norm",
      {{"x", random_normal<float>({64, 6}, 20)},
       {"gamma", random_normal<float>({6}, 18)},
       {"beta", random_normal<float>({6}, 19)}},
      [](auto in) { return staged::batch_norm(in[0], in[1], in[2]).y; },
      [](auto in) { return naive_batch_norm(in[0], in[1], in[2]); });
  CHECK(check_agreement(subject, 3).holds());
}
