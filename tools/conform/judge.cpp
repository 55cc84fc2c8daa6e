// SPDX-License-Identifier: MIT
#include <tools/conform/dtype.h>
#include <tools/conform/judge.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace wengert::conform {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// dirderiv holds the derivatives of order 0 to 4, one an element.
double rate(std::string_view output, Index element, const Tolerance& tolerance) {
  if (output == "dirderiv")
    return element < 2 ? tolerance.first : element == 2 ? tolerance.second : tolerance.higher;
  return output.starts_with("dd") ? tolerance.second : tolerance.first;
}

bool is_output(const std::string& name, const Npz& arrays) {
  return !name.ends_with("__s") && arrays.contains(name + "__s");
}

template <class T>
std::string failure(const std::string& output, const Tensor<T>& got, const Tensor<double>& expected,
                    const WorstError& worst) {
  std::ostringstream text;
  text.precision(std::numeric_limits<T>::max_digits10);
  if (got.shape() != expected.shape()) {
    text << output << " has shape " << to_string(got.shape()) << ", expected " << to_string(expected.shape());
    return text.str();
  }
  text << output << "[" << worst.at << "] is " << got[worst.at] << ", expected " << expected[worst.at]
       << ": ";
  text.precision(3);
  text << worst.units << " of its allowance";
  return text.str();
}

template <class T>
Verdict verdict_on(const std::string& output, const Tensor<T>& got, const Npz& arrays,
                   const Tolerance& tolerance) {
  const Tensor<double> wide = got.template cast<double>();
  const Tensor<double> expected = arrays.read<double>(output);
  const auto against = [&](const std::string& suffix) {
    const Tensor<double> scale = arrays.read<double>(output + suffix);
    if (scale.shape() != expected.shape()) {
      throw FileError(output + suffix + " has shape " + to_string(scale.shape()) + ", expected " +
                      to_string(expected.shape()) + " as " + output);
    }
    return worst_error(output, wide, expected, scale, tolerance);
  };
  const bool single = sizeof(T) == sizeof(float);
  Verdict verdict{.output = output,
                  .worst = against(single && arrays.contains(output + "__s32") ? "__s32" : "__s"),
                  .centred = {},
                  .text = {}};
  if (single && arrays.contains(output + "__c")) verdict.centred = against("__c");
  if (!verdict.passed()) verdict.text = failure(output, got, expected, verdict.worst);
  return verdict;
}

}  // namespace

WorstError worst_error(std::string_view output, const Tensor<double>& got, const Tensor<double>& expected,
                       const Tensor<double>& scale, const Tolerance& tolerance) {
  if (got.shape() != expected.shape()) return {.units = infinity};
  WorstError worst;
  for (Index i = 0; i < got.size(); ++i) {
    const double error = std::abs(got[i] - expected[i]);
    if (error == 0) continue;
    const double units = error / (rate(output, i, tolerance) * scale[i] + tolerance.floor);
    if (units >= 0 && units <= worst.units) continue;
    if (units < 0) return {.units = infinity, .at = i};  // a scale below zero allows nothing
    worst = {.units = std::isnan(units) ? infinity : units, .at = i};
    if (worst.units == infinity) break;
  }
  return worst;
}

template <class T>
Judgement judge(const Case& c, const Npz& arrays, const Outputs<T>& got) {
  const std::string dtype = dtype_name<T>;
  const auto tolerance = c.tolerance.find(dtype);
  if (tolerance == c.tolerance.end())
    throw FileError(c.name + ": has no tolerance for " + dtype +
                    ", expected one for every dtype of the case");
  const auto left_out = c.unrepresentable.find(dtype);

  Judgement judgement;
  for (const std::string& output : arrays.names()) {
    if (!is_output(output, arrays)) continue;
    if (left_out != c.unrepresentable.end() &&
        std::ranges::find(left_out->second, output) != left_out->second.end())
      continue;
    const auto answer = got.find(output);
    if (answer == got.end()) {
      judgement.not_computed.push_back(output);
    } else {
      judgement.verdicts.push_back(verdict_on(output, answer->second, arrays, tolerance->second));
    }
  }
  return judgement;
}

template Judgement judge(const Case&, const Npz&, const Outputs<float>&);
template Judgement judge(const Case&, const Npz&, const Outputs<double>&);

}  // namespace wengert::conform
