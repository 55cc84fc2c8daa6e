// SPDX-License-Identifier: MIT
#include <autodiff/compare/explain_difference.h>
#include <autodiff/compare/slicing.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace wengert {
namespace {

using Column = std::vector<double>;

// A least-squares fit leaves a little more than the element bound of two rounded forms.
constexpr double fit_slack = 4;
// Elements that one factor has to explain, so that explaining means something.
constexpr Index least_elements = 3;

template <class W>
Column weighted(const Tensor<W>& x, const std::vector<double>& scale) {
  Column out(scale.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = scale[i] > 0 ? static_cast<double>(x[static_cast<Index>(i)]) / scale[i] : 0;
  return out;
}

// Some pathways, each scaled by a factor a slice.
struct Story {
  std::vector<std::size_t> parts;
  std::vector<Column> added;  // what has to be added to each part, [parts][slices]: factor − 1
  double worst = 0;           // largest |difference − fit| / allowed
  double explained = 0;       // share of the squares of the difference
};

// The normal equations of a least-squares fit of two columns; the second may be zero.
struct Normal {
  double aa = 0, ab = 0, bb = 0, ad = 0, bd = 0;

  void add(double a, double b, double d) {
    aa += a * a, ab += a * b, bb += b * b;
    ad += a * d, bd += b * d;
  }
  std::array<double, 2> solved() const {
    const double determinant = aa * bb - ab * ab;
    if (determinant <= 1e-12 * aa * bb) return {aa > 0 ? ad / aa : 0, 0};  // one column does as well
    return {(ad * bb - bd * ab) / determinant, (bd * aa - ad * ab) / determinant};
  }
};

class Fitter {
 public:
  Fitter(Column difference, std::vector<Column> parts, Column allowed)
      : difference_(std::move(difference)), parts_(std::move(parts)), allowed_(std::move(allowed)) {}

  /// One or two parts.
  Story fit(std::vector<std::size_t> parts, const Slicing& slicing) const {
    std::vector<Normal> normal(slicing.count);
    for (std::size_t i = 0; i < difference_.size(); ++i) {
      const double a = parts_[parts[0]][i];
      const double b = parts.size() > 1 ? parts_[parts[1]][i] : 0;
      normal[slicing.of[i]].add(a, b, difference_[i]);
    }
    Story story{.parts = parts, .added = std::vector<Column>(parts.size())};
    std::vector<std::array<double, 2>> factors;
    for (const Normal& n : normal) factors.push_back(n.solved());
    for (std::size_t p = 0; p < parts.size(); ++p)
      for (const auto& f : factors) story.added[p].push_back(f[p]);
    double before = 0, after = 0;
    for (std::size_t i = 0; i < difference_.size(); ++i) {
      double left = difference_[i];
      for (std::size_t p = 0; p < parts.size(); ++p) left -= factors[slicing.of[i]][p] * parts_[parts[p]][i];
      before += difference_[i] * difference_[i];
      after += left * left;
      const double bound = fit_slack * allowed_[i];
      story.worst = std::max(story.worst, left == 0 ? 0 : std::abs(left) / bound);
    }
    story.explained = before > 0 ? 1 - after / before : 0;
    return story;
  }

 private:
  Column difference_;
  std::vector<Column> parts_;
  Column allowed_;
};

template <class W>
class Explanation {
 public:
  explicit Explanation(const Difference<W>& d) : d_(d), slicings_(slicings(d.truth.shape(), least_elements)) {
    finding_.of = d.of;
    difference_ = weighted(d.fused, d.scale);
    const Column truth = weighted(d.truth, d.scale);
    for (std::size_t i = 0; i < truth.size(); ++i) difference_[i] -= truth[i];
    parts_.push_back(truth);  // part 0 is the whole gradient
    names_.emplace_back("");
    for (const PathClass<W>& c : d.classes) {
      if (d.classes.size() < 2) break;
      Column part = weighted(c.cotangent, d.scale);
      // A class that is zero to rounding explains anything when scaled up enough.
      if (std::ranges::all_of(part, [](double v) { return std::abs(v) < 1e-6; })) continue;
      parts_.push_back(std::move(part));
      names_.push_back(pathway_name(c.marks));
    }
    Column allowed(truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i)
      allowed[i] = d.scale[i] > 0 ? d.allowed[i] / d.scale[i] : 0;
    fitter_.emplace_back(difference_, parts_, allowed);
  }

  Finding find() {
    const bool finite = std::ranges::all_of(difference_, [](double v) { return std::isfinite(v); });
    if (!finite) {
      finding_.text = d_.of + " is not finite, or not where the truth is";
      return finding_;
    }
    if (factor_of_one(slicings_[0]) || factor_of_all(slicings_[0]) || rearranged() || one_slice())
      return finding_;
    for (std::size_t s = 1; s < slicings_.size(); ++s)
      if (factor_of_all(slicings_[s])) return finding_;
    for (std::size_t s = 1; s < slicings_.size(); ++s)
      if (factor_of_one(slicings_[s])) return finding_;
    for (const Slicing& s : slicings_)
      if (factors_of_two(s)) return finding_;
    blame_the_nearest();
    return finding_;
  }

 private:
  std::string whole() const { return names_.size() > 1 ? "the whole of " + d_.of : d_.of; }

  // "is missing", or "is off by a factor that varies along axis 1 (0.3 … 2.1), that of 1/gamma?"
  std::string story_text(const Column& added, const Slicing& slicing) const {
    if (slicing.count == 1) return "is " + factor_text(1 + added[0], d_.truth.shape());
    Column factors = added;
    for (double& f : factors) f += 1;
    return "is off by " + varying_factor_text(factors, slicing);
  }

  std::string varying_factor_text(const Column& factors, const Slicing& slicing) const {
    const auto [least, most] = std::ranges::minmax(factors);
    const auto short_text = [](double v) {
      std::string text = std::to_string(v);
      return text.substr(0, text.find('.') + 4);
    };
    std::string text = "a factor that varies along " + slicing.name + " (" + short_text(least) + " … " +
                       short_text(most) + ")";
    const std::string hint = resembles(factors, slicing);
    return hint.empty() ? text : text + ": " + hint + "?";
  }

  // Whether the factors are a power of an input, or of the deviation of x, slice by slice.
  std::string resembles(const Column& factors, const Slicing& slicing) const {
    for (const NamedTensor<W>& input : d_.inputs) {
      Column candidate;
      std::string name = input.name;
      if (input.value.shape() == d_.truth.shape()) {
        candidate = slice_deviations(input.value, slicing);
        name = "the deviation of " + name;
      } else if (input.value.size() == static_cast<Index>(slicing.count)) {
        for (const W v : input.value.values()) candidate.push_back(static_cast<double>(v));
      } else {
        continue;
      }
      for (const int power : {1, -1, 2, -2, 3, -3, 4, -4}) {
        const auto fits = [&](std::size_t s) {
          return std::abs(factors[s] - std::pow(candidate[s], power)) <= 0.02 * std::abs(factors[s]);
        };
        bool all = true;
        for (std::size_t s = 0; s < factors.size() && all; ++s) all = fits(s);
        if (!all) continue;
        const std::string raised =
            std::abs(power) == 1 ? name : "(" + name + ")^" + std::to_string(std::abs(power));
        return power > 0 ? raised + " once too often" : "1/" + raised + ", which is missing";
      }
    }
    return "";
  }

  void believe(std::vector<std::string> pathways, std::string text) {
    finding_.pathways = std::move(pathways);
    finding_.explains_all = true;
    finding_.text = std::move(text);
  }

  bool factor_of_one(const Slicing& slicing) {
    std::vector<std::string> names;
    std::string text;
    for (std::size_t p = 1; p < parts_.size(); ++p) {
      const Story story = fitter_[0].fit({p}, slicing);
      if (story.worst > 1) continue;
      if (names.empty()) text = "the " + names_[p] + " term " + story_text(story.added[0], slicing);
      if (!names.empty()) text += ", or the " + names_[p] + " term";
      names.push_back(names_[p]);
    }
    if (names.empty()) return false;
    believe(std::move(names), std::move(text));
    return true;
  }

  bool factor_of_all(const Slicing& slicing) {
    const Story story = fitter_[0].fit({0}, slicing);
    if (story.worst > 1) return false;
    believe({names_.begin() + 1, names_.end()}, whole() + " " + story_text(story.added[0], slicing));
    return true;
  }

  // Two pathways; or all of it, and one of them on top (part 0 is all of it).
  bool factors_of_two(const Slicing& slicing) {
    for (std::size_t p = 1; p < parts_.size(); ++p) {
      for (std::size_t q = (p + 1) % parts_.size(); q != p; q = (q + 1) % parts_.size()) {
        if (q != 0 && q < p) continue;
        const Story story = fitter_[0].fit({p, q}, slicing);
        if (story.worst > 1) continue;
        std::vector<std::string> names{names_[p]};
        if (q != 0) names.push_back(names_[q]);
        believe(std::move(names), "the " + names_[p] + " term " + story_text(story.added[0], slicing) +
                                      ", and " + (q == 0 ? whole() : "the " + names_[q] + " term") + " " +
                                      story_text(story.added[1], slicing));
        return true;
      }
    }
    return false;
  }

  // The fused numbers are the true ones at other places.
  bool rearranged() {
    const Shape& shape = d_.truth.shape();
    const auto is_truth_at = [&](auto&& place) {
      bool all = true;
      for (Index i = 0; i < shape.size() && all; ++i) {
        const Index from = place(i);
        if (from < 0) continue;  // the edge of a shift
        all = std::abs(static_cast<double>(d_.fused[i] - d_.truth[from])) <=
              fit_slack * std::max(d_.allowed[static_cast<std::size_t>(i)],
                                   d_.allowed[static_cast<std::size_t>(from)]);
      }
      return all;
    };
    Index inner = 1;
    for (int axis = shape.rank() - 1; axis >= 0; inner *= shape[axis], --axis) {
      const Index extent = shape[axis];
      if (extent < 3) continue;
      for (const Index by : {Index{1}, Index{-1}}) {
        const auto neighbour = [&](Index i) {
          const Index place = i / inner % extent + by;
          return place < 0 || place >= extent ? Index{-1} : i + by * inner;
        };
        if (!is_truth_at(neighbour)) continue;
        believe({}, d_.of + " is off by one along axis " + std::to_string(axis));
        return true;
      }
    }
    if (shape.rank() == 2 && shape[0] > 1 && shape[1] > 1) {
      const auto across = [&](Index i) { return i % shape[0] * shape[1] + i / shape[0]; };
      if (is_truth_at(across)) {
        believe({}, d_.of + " is transposed");
        return true;
      }
    }
    return false;
  }

  // All that is wrong lies in one row, or one column.
  bool one_slice() {
    const Shape& shape = d_.truth.shape();
    std::vector<Index> wrong;
    for (Index i = 0; i < shape.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (std::abs(difference_[at]) * d_.scale[at] > d_.allowed[at]) wrong.push_back(i);
    }
    if (wrong.empty()) return false;
    Index inner = 1;
    for (int axis = shape.rank() - 1; axis >= 0; inner *= shape[axis], --axis) {
      if (shape[axis] < 3) continue;
      const auto place = [&](Index i) { return i / inner % shape[axis]; };
      const Index first = place(wrong.front());
      if (!std::ranges::all_of(wrong, [&](Index i) { return place(i) == first; })) continue;
      const bool last = first == shape[axis] - 1;
      believe({}, d_.of + " is wrong at index " + std::to_string(first) + (last ? " (the last)" : "") +
                      " of axis " + std::to_string(axis) + " only");
      return true;
    }
    return false;
  }

  // No story fits. The pathway whose scaling explains most is named, and how much that is: one factor for all
  // of it where that explains a fair share, since a factor a slice explains a part of anything.
  void blame_the_nearest() {
    constexpr double fair_share = 0.1;
    double most = -1;
    for (std::size_t p = 1; p < parts_.size(); ++p) {
      for (const Slicing& slicing : slicings_) {
        const Story story = fitter_[0].fit({p}, slicing);
        const bool simple = slicing.count == 1;
        const double preferred = story.explained + (simple && story.explained >= fair_share ? 1 : 0);
        if (preferred <= most) continue;
        most = preferred;
        finding_.pathways = {names_[p]};
        const auto percent = std::to_string(static_cast<int>(std::lround(100 * story.explained)));
        finding_.text = "the " + names_[p] + " term " + story_text(story.added[0], slicing) +
                        "; that explains " + percent + " % of the difference in " + d_.of;
      }
    }
    if (parts_.size() == 1) finding_.text = d_.of + " differs, in no way that a factor would explain";
  }

  const Difference<W>& d_;
  std::vector<Slicing> slicings_;
  Finding finding_;
  Column difference_;
  std::vector<Column> parts_;
  std::vector<std::string> names_;
  std::vector<Fitter> fitter_;
};

}  // namespace

template <class W>
Finding explain(const Difference<W>& difference) {
  return Explanation<W>(difference).find();
}

template Finding explain(const Difference<double>&);
template Finding explain(const Difference<long double>&);

}  // namespace wengert
