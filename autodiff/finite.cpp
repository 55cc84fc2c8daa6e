// SPDX-License-Identifier: MIT
#include <autodiff/finite.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace wengert {

template <class T>
std::optional<Index> first_non_finite(std::span<const T> values) {
  const auto found = std::ranges::find_if(values, [](T value) { return !std::isfinite(value); });
  if (found == values.end()) return std::nullopt;
  return found - values.begin();
}

template <class T>
void expect_finite(const Tensor<T>& tensor, std::string_view what) {
  const auto bad = first_non_finite(tensor.values());
  if (!bad) return;
  const Shape& shape = tensor.shape();
  std::array<Index, Shape::max_rank> place{};
  Index rest = *bad;
  for (int axis = shape.rank(); axis-- > 0;) {
    place[static_cast<std::size_t>(axis)] = rest % shape[axis];
    rest /= shape[axis];
  }
  const T value = tensor[*bad];
  const std::string_view kind = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  std::string text = std::string(what) + " has " + std::string(kind) + " at [";
  for (int axis = 0; axis < shape.rank(); ++axis) {
    text += (axis == 0 ? "" : ", ") + std::to_string(place[static_cast<std::size_t>(axis)]);
  }
  throw NonFiniteError(text + "], expected finite values");
}

#define WENGERT_INSTANTIATE(T)                                        \
  template std::optional<Index> first_non_finite(std::span<const T>); \
  template void expect_finite(const Tensor<T>&, std::string_view);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
