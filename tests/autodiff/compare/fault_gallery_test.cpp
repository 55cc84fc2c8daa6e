// SPDX-License-Identifier: MIT
// Planted faults: every one has to be found by the comparison and by the gradient check, and named.
#include <autodiff/compare/compare.h>
#include <autodiff/ops.h>
#include <tests/support/catch.h>
#include <tests/support/norm_faults.h>

#include <algorithm>
#include <iostream>

using namespace wengert;
using namespace wengert::test;

namespace {

struct Count {
  int planted = 0;
  int found_by_agreement = 0;
  int found_by_differences = 0;
  int named = 0;
};

template <class T>
Tensor<T> around(const Shape& shape, std::uint64_t seed, T centre, T spread) {
  const Tensor<T> noise = random_normal<T>(shape, seed);
  Tensor<T> out = Tensor<T>::uninitialized(shape);
  for (Index i = 0; i < out.size(); ++i) out.mutable_data()[i] = centre + spread * noise[i];
  return out;
}

// The fused form has the fault; in the wider type, where only its value is asked for, it is the staged one.
template <class T>
Subject<T> faulty_subject(Norm norm, const NormFault& fault) {
  using W = Wider<T>;
  const Shape shape = gallery_shape(norm, fault.transposed);
  std::vector<NamedTensor<T>> inputs{{"x", around<T>(shape, 31, T(0.7), T(1.3))},
                                     {"gamma", around<T>({shape[1]}, 32, T(1), T(0.3))}};
  if (norm != Norm::rms) inputs.push_back({"beta", around<T>({shape[1]}, 33, T(0), T(0.3))});
  const Layer<W> wide = [norm](std::span<const Var<W>> in) { return staged_norm<W>(norm, in); };
  return {
      .name = "faulty_" + name(norm),
      .staged = LayerForm<T>([norm](std::span<const Var<T>> in) { return staged_norm<T>(norm, in); }, wide),
      .fused =
          LayerForm<T>([=](std::span<const Var<T>> in) { return faulty_norm<T>(norm, fault, in); }, wide),
      .inputs = std::move(inputs)};
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// Whether every wrong gradient is named, with its pathway where it has one, and no right gradient is.
bool names_it(const NormFault& fault, const std::vector<Finding>& findings) {
  for (const std::string& of : fault.blames) {
    const auto found = std::ranges::find(findings, of, &Finding::of);
    if (found == findings.end()) return false;
    if (of == "dx" && !fault.pathway.empty() && !contains(found->pathways, fault.pathway)) return false;
  }
  return findings.size() == fault.blames.size();
}

template <class T>
void check_fault(Norm norm, const NormFault& fault, Count& count) {
  const Subject<T> subject = faulty_subject<T>(norm, fault);
  const Trial<T> trial = run_trial(subject, 1);
  const Agreement agreement = judge_agreement(subject, trial);
  const std::vector<Finding> findings = judge_pathways(subject, trial, agreement).findings;
  const GradientCheck check = check_gradient(subject.fused, subject.inputs);
  std::string said;
  for (const Finding& f : findings) said += f.of + ": " + f.text + "; ";
  INFO(name(norm) << ", " << fault.name << ": " << said << check.reason);
  ++count.planted;
  count.found_by_agreement += agreement.holds() ? 0 : 1;
  count.found_by_differences += check.verdict == Verdict::fail ? 1 : 0;
  count.named += names_it(fault, findings) ? 1 : 0;
  CHECK_FALSE(agreement.holds());
  CHECK(check.verdict == Verdict::fail);
  CHECK(names_it(fault, findings));
}

template <class T>
Count run_gallery() {
  Count count;
  for (const Norm norm : {Norm::batch, Norm::layer, Norm::group, Norm::rms}) {
    // Without a fault these loops are right: what is found is what was planted.
    const Subject<T> right = faulty_subject<T>(norm, {});
    CHECK(check_agreement(right, 1).holds());
    const GradientCheck check = check_gradient(right.fused, right.inputs);
    INFO(name(norm) << ": " << check.reason);
    CHECK(check.verdict == Verdict::pass);
    for (const NormFault& fault : norm_faults(norm)) check_fault<T>(norm, fault, count);
  }
  return count;
}

void report(const std::string& dtype, const Count& count) {
  std::cout << "planted faults in closed forms of norms, " << dtype << ": " << count.planted
            << "; found by comparison " << count.found_by_agreement << ", by differences "
            << count.found_by_differences << "; pathway or parameter named in " << count.named << "\n";
}

}  // namespace

TEST_CASE("gallery: every fault planted in a norm is found and named, float64", "[compare]") {
  const Count count = run_gallery<double>();
  report("float64", count);
  CHECK(count.planted >= 100);
}

TEST_CASE("gallery: every fault planted in a norm is found and named, float32", "[compare]") {
  const Count count = run_gallery<float>();
  report("float32", count);
  CHECK(count.planted >= 100);
}
