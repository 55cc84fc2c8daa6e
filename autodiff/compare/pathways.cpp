// SPDX-License-Identifier: MIT
#include <autodiff/compare/explain_difference.h>
#include <autodiff/compare/pathways.h>
#include <autodiff/compare/run_form.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wengert {
namespace {

// Over the elements that are finite in both.
template <class W>
double inner(const Tensor<W>& a, const Tensor<W>& b) {
  long double sum = 0;
  for (Index i = 0; i < a.size(); ++i) {
    if (std::isfinite(a[i]) && std::isfinite(b[i]))
      sum += static_cast<long double>(a[i]) * static_cast<long double>(b[i]);
  }
  return static_cast<double>(sum);
}

// As judge_agreement() leaves it out.
template <class T>
bool finite_in_neither(const Trial<T>& trial, std::size_t t, Index i) {
  return !std::isfinite(trial.staged[t][i]) && !std::isfinite(trial.fused[t][i]);
}

// How far |difference| goes beyond what is allowed, at its worst element. A NaN goes beyond everything.
template <class W, class T>
double of_allowance(const Tensor<T>& found, const Tensor<W>& expected, const Trial<T>& trial, std::size_t t) {
  const std::vector<double> allowed = allowances(trial, t);
  double worst = 0;
  for (Index i = 0; i < expected.size(); ++i) {
    if (finite_in_neither(trial, t, i)) continue;
    const double off = std::abs(static_cast<double>(static_cast<W>(found[i]) - expected[i]));
    const double share = off == 0 ? 0 : off / allowed[static_cast<std::size_t>(i)];
    worst = share > worst || std::isnan(share) ? share : worst;
  }
  return worst;
}

template <class T>
PathwaySplit split_of(const std::string& of, const Trial<T>& trial, std::size_t t) {
  using W = Wider<T>;
  constexpr double u = std::numeric_limits<T>::epsilon() / 2.0;
  const std::vector<PathClass<W>>& classes = trial.truth.classes[t];
  const std::vector<double>& scale = trial.truth.scale[t];
  PathwaySplit split{.of = of, .classes = {}, .cosine = {}};
  double total = 0;
  for (const PathClass<W>& c : classes) {
    PathwayRow row{.name = pathway_name(c.marks), .marks = c.marks};
    row.norm = std::sqrt(inner(c.cotangent, c.cotangent));
    row.vanishes = true;
    for (Index i = 0; i < c.cotangent.size(); ++i) {
      const double size = std::abs(static_cast<double>(c.cotangent[i]));
      row.vanishes = row.vanishes && size <= u * scale[static_cast<std::size_t>(i)];
    }
    total += row.norm;
    split.classes.push_back(std::move(row));
  }
  for (PathwayRow& row : split.classes) row.share = total > 0 ? row.norm / total : 0;
  for (std::size_t a = 0; a < classes.size(); ++a) {
    for (std::size_t b = 0; b < classes.size(); ++b) {
      const double norms = split.classes[a].norm * split.classes[b].norm;
      split.cosine.push_back(norms > 0 ? inner(classes[a].cotangent, classes[b].cotangent) / norms : 0);
    }
  }
  for (Index i = 0; i < trial.truth.tensors[t].size(); ++i) {
    if (finite_in_neither(trial, t, i)) continue;
    W left = -trial.truth.tensors[t][i];
    for (const PathClass<W>& c : classes) left += c.cotangent[i];
    const double off = std::abs(static_cast<double>(left));
    if (off > 0) split.sum_error = std::max(split.sum_error, off / scale[static_cast<std::size_t>(i)]);
  }
  return split;
}

// A term of the closed form against the class of its marks; a finding when it is not what the class is.
template <class T>
void judge_term(const ClosedFormTerm<T>& term, const Trial<T>& trial, std::size_t t, PathwaySplit& split,
                std::vector<Finding>& findings) {
  const auto& classes = trial.truth.classes[t];
  const auto same = [&](const auto& c) { return std::ranges::is_permutation(c.marks, term.marks); };
  const auto found = std::ranges::find_if(classes, same);
  if (found == classes.end()) {
    throw ValueError("terms: the closed form has a " + pathway_name(term.marks) + " term of d" + term.of +
                     ", the staged form has no such class of paths");
  }
  expect_shape("terms", "the " + pathway_name(term.marks) + " term of d" + term.of, term.cotangent.shape(),
               found->cotangent.shape());
  const double squares = inner(found->cotangent, found->cotangent);
  const double along = inner(term.cotangent.template cast<Wider<T>>(), found->cotangent);
  const TermRow row{.scale = squares > 0 ? along / squares : 1,
                    .of_allowance = of_allowance(term.cotangent, found->cotangent, trial, t)};
  PathwayRow& pathway = split.classes[static_cast<std::size_t>(found - classes.begin())];
  pathway.term = row;
  if (row.of_allowance <= 1) return;
  findings.push_back({.of = split.of,
                      .pathways = {pathway.name},
                      .explains_all = false,
                      .text = "the closed form's own " + pathway.name + " term is " +
                              factor_text(row.scale, term.cotangent.shape())});
}

}  // namespace

std::string pathway_name(const std::vector<std::string>& marks) {
  if (marks.empty()) return "direct";
  std::string name;
  for (const std::string& m : marks) name += (name.empty() ? "" : " + ") + m;
  return name;
}

template <class T>
Pathways judge_pathways(const Subject<T>& subject, const Trial<T>& trial, const Agreement& agreement) {
  using W = Wider<T>;
  Pathways out;
  std::vector<Tensor<T>> values;
  for (const NamedTensor<T>& input : subject.inputs) values.push_back(input.value);
  const std::vector<ClosedFormTerm<T>> terms =
      subject.terms ? subject.terms(values, trial.dy) : std::vector<ClosedFormTerm<T>>{};
  const std::vector<NamedTensor<W>> inputs = widened(subject.inputs);
  for (std::size_t t = 0; t < trial.staged.size(); ++t) {
    const std::string of = t == 0 ? "y" : "d" + subject.inputs[t - 1].name;
    if (trial.truth.classes[t].size() >= 2) {
      PathwaySplit split = split_of(of, trial, t);
      for (const ClosedFormTerm<T>& term : terms) {
        if (term.of == subject.inputs[t - 1].name) judge_term(term, trial, t, split, out.findings);
      }
      out.splits.push_back(std::move(split));
    }
    if (agreement.rows[t].agrees) continue;
    const std::vector<double> allowed = allowances(trial, t);
    const Tensor<W> fused = trial.fused[t].template cast<W>();
    out.findings.push_back(explain<W>({.of = of,
                                       .fused = fused,
                                       .truth = trial.truth.tensors[t],
                                       .classes = trial.truth.classes[t],
                                       .scale = trial.truth.scale[t],
                                       .allowed = allowed,
                                       .inputs = inputs}));
  }
  if (subject.identities) {
    const auto gradients = [](const Outcome<T>& o) { return std::span(o).subspan(1); };
    out.staged_identities = subject.identities(values, trial.dy, gradients(trial.staged));
    out.fused_identities = subject.identities(values, trial.dy, gradients(trial.fused));
  }
  return out;
}

template Pathways judge_pathways(const Subject<float>&, const Trial<float>&, const Agreement&);
template Pathways judge_pathways(const Subject<double>&, const Trial<double>&, const Agreement&);

}  // namespace wengert
