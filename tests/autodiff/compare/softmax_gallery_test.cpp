// SPDX-License-Identifier: MIT
// Planted faults in the closed form of softmax cross-entropy: all found, and dlogits is what is named.
#include <autodiff/compare/compare.h>
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <tests/support/catch.h>

#include <cmath>
#include <iostream>

using namespace wengert;

namespace {

// loss = mean over rows of ln Σ e^z − z[label], dlogits = dy/N · (p − one_hot).
struct SoftmaxFault {
  std::string name;
  double probabilities = 1;
  double labels = 1;
  double over = 1;    // the divisor N is off by this factor
  int count_off = 0;  // or by this number
  bool with_dy = true;
  double temperature = 1;  // stale probabilities: of other logits
  Index shift = 0;         // the label of that many rows further
  bool transposed = false;
  double last_row = 1;
  bool last_column_dropped = false;
};

std::vector<SoftmaxFault> faults() {
  return {{.name = "probabilities dropped", .probabilities = 0},
          {.name = "probabilities doubled", .probabilities = 2},
          {.name = "labels dropped", .labels = 0},
          {.name = "labels doubled", .labels = 2},
          {.name = "labels of the wrong sign", .labels = -1},
          {.name = "all of the wrong sign", .probabilities = -1, .labels = -1},
          {.name = "a sum in place of the mean", .over = 1.0 / 7},
          {.name = "over N - 1", .count_off = -1},
          {.name = "over the number of classes", .over = 5.0 / 7},
          {.name = "without dy", .with_dy = false},
          {.name = "stale probabilities", .temperature = 0.9},
          {.name = "labels off by one row", .shift = 1},
          {.name = "transposed", .transposed = true},
          {.name = "only the last row wrong", .last_row = 1.01},
          {.name = "last class dropped", .last_column_dropped = true}};
}

Index label_of(Index row, Index classes) { return (row * 3 + row / 2) % classes; }

template <class T>
Var<T> staged_loss(const Var<T>& z) {
  const Index rows = z.shape()[0], classes = z.shape()[1];
  Tensor<T> hot = Tensor<T>::zeros(z.shape());
  for (Index i = 0; i < rows; ++i) hot.mutable_data()[i * classes + label_of(i, classes)] = T(1);
  const Var<T> largest(max(Var<T>(z.value()), {1}, keep_dims));
  const Var<T> shifted = z - largest;
  return mean(log(sum(exp(shifted), {1})) - sum(shifted * Var<T>(hot), {1}));
}

template <class T>
Tensor<T> faulty_dlogits(const SoftmaxFault& f, const Tensor<T>& z, double dy) {
  const Index rows = z.shape()[0], classes = z.shape()[1];
  std::vector<T> dz(static_cast<std::size_t>(z.size()));
  const double n = f.over * static_cast<double>(rows) + f.count_off;
  for (Index i = 0; i < rows; ++i) {
    double total = 0;
    const auto e = [&](Index k) { return std::exp(f.temperature * static_cast<double>(z[i * classes + k])); };
    for (Index k = 0; k < classes; ++k) total += e(k);
    const Index hot = label_of((i + f.shift) % rows, classes);
    for (Index k = 0; k < classes; ++k) {
      double v = (f.probabilities * e(k) / total - (k == hot ? f.labels : 0)) / n * (f.with_dy ? dy : 1);
      if (i == rows - 1) v *= f.last_row;
      if (f.last_column_dropped && k == classes - 1) v = 0;
      dz[static_cast<std::size_t>(f.transposed ? k * classes + i : i * classes + k)] = static_cast<T>(v);
    }
  }
  return Tensor<T>(z.shape(), dz);
}

template <class T>
Var<T> faulty_loss(const SoftmaxFault& fault, const Var<T>& z) {
  return fuse<T>({.op = "softmax_cross_entropy",
                  .inputs = {{"logits", z}},
                  .forward = [&](Saved<T>&) { return staged_loss(Var<T>(z.value())).value(); },
                  .vjp = [fault](const Saved<T>& s, const Tensor<T>& dy) -> std::vector<Tensor<T>> {
                    return {faulty_dlogits(fault, s["logits"], static_cast<double>(dy[0]))};
                  }});
}

template <class T>
Subject<T> subject_of(const SoftmaxFault& fault) {
  const Shape shape = fault.transposed ? Shape{5, 5} : Shape{7, 5};
  return {.name = "softmax_cross_entropy",
          .staged = [](auto z) { return staged_loss(z); },
          .fused = [fault](auto z) { return faulty_loss(fault, z); },
          .inputs = {{"logits", random_normal<T>(shape, 23)}}};
}

template <class T>
void run_gallery(const std::string& dtype) {
  const Subject<T> right = subject_of<T>({});
  CHECK(check_agreement(right, 1).holds());
  CHECK(check_gradient(right.fused, right.inputs).verdict == Verdict::pass);
  int found = 0;
  for (const SoftmaxFault& fault : faults()) {
    const Subject<T> subject = subject_of<T>(fault);
    const Trial<T> trial = run_trial(subject, 1);
    const Agreement agreement = judge_agreement(subject, trial);
    const Pathways pathways = judge_pathways(subject, trial, agreement);
    const GradientCheck check = check_gradient(subject.fused, subject.inputs);
    INFO(fault.name << ": " << check.reason);
    CHECK_FALSE(agreement.holds());
    CHECK(check.verdict == Verdict::fail);
    REQUIRE(pathways.findings.size() == 1);
    CHECK(pathways.findings[0].of == "dlogits");
    found += check.verdict == Verdict::fail && !agreement.holds() ? 1 : 0;
  }
  std::cout << "planted faults in softmax cross-entropy, " << dtype << ": " << faults().size() << "; found "
            << found << "\n";
}

}  // namespace

TEST_CASE("gallery: every fault planted in softmax cross-entropy is found", "[compare]") {
  run_gallery<double>("float64");
  run_gallery<float>("float32");
}
