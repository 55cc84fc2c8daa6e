// SPDX-License-Identifier: MIT
// Derivatives of functions of one number that go through a layer, to order 4.
#pragma once

#include <tools/conform/form.h>

#include <filesystem>
#include <string>
#include <vector>

namespace wengert::conform {

/// One entry of the manifest's "scalars": the derivative of order `order` at `at`, in float64.
struct Scalar {
  std::string name;  ///< its beginning says which function: "scalar_bn_n2_order3"
  int order = 0;
  double at = 0;
  double expected = 0;
  double rtol = 0;  ///< |got − expected| <= rtol·max(1, |expected|)
};

/// The scalars of a folder, in order; none when the manifest has none. Throws FileError as load_cases does.
std::vector<Scalar> load_scalars(const std::filesystem::path& folder);

/// Throws FileError for a function that is not known.
void expect_known(const Scalar& scalar);

/// The derivative, by one recorded sweep an order. Throws FileError for a function that is not known.
double derivative(const Scalar& scalar, Form form);

}  // namespace wengert::conform
