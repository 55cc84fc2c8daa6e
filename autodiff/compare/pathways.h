// SPDX-License-Identifier: MIT
// The gradient by pathways: how much comes along each, what a closed form makes of each, and, where the forms
// disagree, which pathway is to blame.
#pragma once

#include <autodiff/compare/agreement.h>

#include <optional>
#include <string>
#include <vector>

namespace wengert {

/// What the closed form's own term says, where the layer supplies it.
struct TermRow {
  double scale = 1;         ///< least-squares factor of the term against the staged class: 1 when right
  double of_allowance = 0;  ///< largest |term − class| / allowance; agrees when ≤ 1
};

/// One class of paths of one gradient.
struct PathwayRow {
  std::string name;                ///< "direct", "mean", "mean + variance"
  std::vector<std::string> marks;  ///< as split_by_path names them
  double norm = 0;                 ///< 2-norm
  double share = 0;                ///< of the sum of the norms
  bool vanishes = false;           ///< zero to one rounding of the terms
  std::optional<TermRow> term = {};
};

/// The gradient of one input, for those that a mark splits.
struct PathwaySplit {
  std::string of;  ///< "dx"
  std::vector<PathwayRow> classes;
  std::vector<double> cosine;  ///< between classes, row by row; 0 where one of the two is zero
  double sum_error = 0;        ///< largest |Σ classes − gradient| / scale
};

/// A gradient (or the value) that is wrong, and what is wrong with it.
struct Finding {
  std::string of;                     ///< "dx", "dgamma", "y"
  std::vector<std::string> pathways;  ///< those whose scaling explains the difference; may be empty
  bool explains_all = false;          ///< with it corrected the forms would agree
  std::string text;  ///< "the variance term is 0.875 of what the graph gives: (N−1)/N with N = 8?"
};

struct Pathways {
  std::vector<PathwaySplit> splits;
  std::vector<IdentityRow> staged_identities;
  std::vector<IdentityRow> fused_identities;
  std::vector<Finding> findings;  ///< none where everything agrees
};

/// What disagrees is taken from `agreement`, and explained.
/// Throws ValueError for a term of a class of paths that the staged form does not have, ShapeError for its
/// shape.
template <class T>
Pathways judge_pathways(const Subject<T>& subject, const Trial<T>& trial, const Agreement& agreement);

/// "direct" for none, else the marks joined by " + ".
std::string pathway_name(const std::vector<std::string>& marks);

}  // namespace wengert
