// SPDX-License-Identifier: MIT
#include <tools/draw/dot_numbers.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace wengert {
namespace {

constexpr std::size_t most_numbers = 12;
constexpr std::size_t shown_at_each_end = 4;

bool is_quarter(double v) { return std::abs(v) < 1000 && v * 4 == std::round(v * 4); }

std::string fraction(double magnitude) {
  static constexpr std::array<const char*, 4> parts{"", "¼", "½", "¾"};
  const int quarters = static_cast<int>(magnitude * 4);
  const int whole = quarters / 4;
  const std::string part = parts[static_cast<std::size_t>(quarters % 4)];
  return whole == 0 && !part.empty() ? part : std::to_string(whole) + part;
}

std::string number(double v, bool as_fraction) {
  if (std::isnan(v)) return "NaN";
  const std::string sign = v < 0 ? "−" : "";  // no sign for −0
  if (std::isinf(v)) return sign + "∞";
  if (as_fraction) return sign + fraction(std::abs(v));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", std::abs(v));
  std::string digits = text.data();
  if (const std::size_t minus = digits.find('-'); minus != std::string::npos) digits.replace(minus, 1, "−");
  return sign + digits;
}

}  // namespace

std::string numbers_text(std::span<const double> values, const Shape& shape, bool fractions) {
  fractions = fractions && std::ranges::all_of(values, is_quarter);
  if (values.size() == 1) return number(values[0], fractions);
  const Index last = shape.rank() > 1 ? shape[shape.rank() - 1] : 0;
  const auto row = static_cast<std::size_t>(last > 1 ? last : 0);
  const bool cut = values.size() > most_numbers;
  std::string text = "(";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += row > 0 && i % row == 0 ? "; " : ", ";
    if (cut && i == shown_at_each_end) {
      text += "…, ";
      i = values.size() - shown_at_each_end;
    }
    text += number(values[i], fractions);
  }
  return text + ")";
}

}  // namespace wengert
