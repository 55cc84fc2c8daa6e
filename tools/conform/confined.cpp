// SPDX-License-Identifier: MIT
#include <tools/conform/case.h>
#include <tools/conform/confined.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wengert::conform {
namespace {

// The group of every element of y, in order: of a channel with a layout, else of a normalised row.
Index group_of(const Behaviour& b, const Shape& shape, Index element) {
  if (b.layout.empty()) return element / std::max<Index>(b.normalized_shape.size(), 1);
  const int axis = channel_axis(b.layout);
  Index inner = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  return element / inner % shape[axis];
}

template <class T>
std::string wrong(const Behaviour& b, const std::string& name, const Tensor<T>& got,
                  const std::vector<double>& expected) {
  if (static_cast<Index>(expected.size()) != got.size())
    return name + " has shape " + to_string(got.shape()) + ", expected " + std::to_string(expected.size()) +
           " values";
  const double rtol = b.rtol_float64 * (static_cast<double>(std::numeric_limits<T>::epsilon()) /
                                        std::numeric_limits<double>::epsilon());
  const auto is_bad = [&](Index group) {
    return std::ranges::find(b.bad_groups, group) != b.bad_groups.end();
  };
  std::vector<Index> shown;
  for (Index i = 0; i < got.size(); ++i) {
    const Index group = name == "y" ? group_of(b, got.shape(), i) : i;
    const double value = static_cast<double>(got[i]), target = expected[static_cast<std::size_t>(i)];
    if (is_bad(group)) {
      if (!std::isfinite(value)) shown.push_back(group);
    } else if (!(std::abs(value - target) <= rtol * std::abs(target))) {
      return name + "[" + std::to_string(i) + "] is " + std::to_string(value) + ", expected " +
             std::to_string(target);
    }
  }
  for (const Index group : b.bad_groups) {
    if (std::ranges::find(shown, group) == shown.end())
      return name + " is finite in group " + std::to_string(group) + ", expected a non-finite value";
  }
  return {};
}

}  // namespace

template <class T>
std::string unconfined(const Behaviour& b, const Outputs<T>& outputs) {
  for (const auto& [name, expected] : b.values) {
    const auto found = outputs.find(name);
    if (found == outputs.end()) continue;
    const std::string text = wrong(b, name, found->second, expected);
    if (!text.empty()) return text;
  }
  return {};
}

template std::string unconfined(const Behaviour&, const Outputs<float>&);
template std::string unconfined(const Behaviour&, const Outputs<double>&);

}  // namespace wengert::conform
