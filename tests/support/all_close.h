// SPDX-License-Identifier: MIT
// CHECK_THAT(tensor, AllClose(expected, tolerance)) and CHECK_THAT(tensor, Equals(expected)).
#pragma once

#include <autodiff/tensor.h>
#include <tests/support/catch.h>

#include <cmath>
#include <sstream>

namespace wengert::test {

/// max(1, the largest magnitude): what errors are measured against. Numbers in tests are of about 1.
template <class T>
double scale_of(const Tensor<T>& tensor) {
  double scale = 1;
  for (const T value : tensor.values()) scale = std::max(scale, static_cast<double>(std::abs(value)));
  return scale;
}

/// The largest difference, relative to scale_of(expected); NaN where one is NaN and the other is not.
template <class T, class U>
double largest_error(const Tensor<T>& got, const Tensor<U>& expected) {
  double worst = 0;
  for (Index i = 0; i < expected.size(); ++i) {
    const auto a = static_cast<long double>(got[i]);
    const auto b = static_cast<long double>(expected[i]);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const double error = static_cast<double>(std::abs(a - b));
    if (!(error <= worst)) worst = error;
    if (std::isnan(error)) return error;
  }
  return worst / scale_of(expected);
}

template <class T>
std::string listed(const Tensor<T>& tensor) {
  std::ostringstream text;
  text << to_string(tensor.shape()) << " {";
  for (Index i = 0; i < std::min<Index>(tensor.size(), 24); ++i) text << (i == 0 ? "" : ", ") << tensor[i];
  text << (tensor.size() > 24 ? ", …}" : "}");
  return text.str();
}

template <class T, class U>
class AllCloseMatcher : public Catch::Matchers::MatcherBase<Tensor<T>> {
 public:
  AllCloseMatcher(Tensor<U> expected, double tolerance)
      : expected_(std::move(expected)), tolerance_(tolerance) {}

  bool match(const Tensor<T>& got) const override {
    return got && got.shape() == expected_.shape() && largest_error(got, expected_) <= tolerance_;
  }
  std::string describe() const override {
    std::ostringstream text;
    text << "is within " << tolerance_ << " of " << listed(expected_);
    return text.str();
  }

 private:
  Tensor<U> expected_;
  double tolerance_;
};

template <class T>
AllCloseMatcher<T, T> AllClose(Tensor<T> expected, double tolerance) {
  return {std::move(expected), tolerance};
}

/// Every number the same (a NaN equals a NaN), and the shape.
template <class T>
AllCloseMatcher<T, T> Equals(Tensor<T> expected) {
  return {std::move(expected), 0};
}

/// For an oracle of a wider type.
template <class T>
AllCloseMatcher<T, long double> CloseToOracle(Tensor<long double> expected, double tolerance) {
  return {std::move(expected), tolerance};
}

}  // namespace wengert::test

namespace Catch {

template <>
struct StringMaker<wengert::Shape> {
  static std::string convert(const wengert::Shape& shape) { return to_string(shape); }
};

template <class T>
struct StringMaker<wengert::Tensor<T>> {
  static std::string convert(const wengert::Tensor<T>& tensor) {
    return tensor ? wengert::test::listed(tensor) : "no tensor";
  }
};

}  // namespace Catch
