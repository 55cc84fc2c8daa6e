// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <layers/batch_norm.h>
#include <tools/conform/behaviour.h>
#include <tools/conform/case.h>
#include <tools/conform/dtype.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace wengert::conform {
namespace {

template <class T>
Tensor<T> input(const Behaviour& b, const std::string& name) {
  return b.inputs.at(name).cast<T>();
}

// Forward, and backward where the entry has a dy.
template <class T>
Tensor<T> run(const Behaviour& b, Form form) {
  Tape<T> tape;
  const auto leaf = [&](const std::string& name) -> std::optional<Var<T>> {
    return b.inputs.contains(name) ? std::optional(tape.leaf(input<T>(b, name), name)) : std::nullopt;
  };
  const BatchNormOptions options{.eps = b.eps, .channel_axis = channel_axis(b.layout)};
  const Var<T> x = tape.leaf(input<T>(b, "x"), "x");
  const std::optional<Var<T>> gamma = leaf("gamma"), beta = leaf("beta");
  const BatchNormResult<T> result = form == Form::staged ? staged::batch_norm(x, gamma, beta, options)
                                                         : fused::batch_norm(x, gamma, beta, options);
  if (b.inputs.contains("dy")) backward(result.y, input<T>(b, "dy"));
  return result.y.value();
}

// What is wrong with y: a bad group that shows nothing, another that does, or a value that moved. Empty if
// nothing.
template <class T>
std::string unconfined(const Behaviour& b, const Tensor<T>& y) {
  const std::vector<double>& expected = b.values.at("y");
  if (static_cast<Index>(expected.size()) != y.size())
    return "y has shape " + to_string(y.shape()) + ", expected " + std::to_string(expected.size()) +
           " values";
  const int axis = channel_axis(b.layout);
  const Index channels = y.shape()[axis];
  Index inner = 1;
  for (int i = axis + 1; i < y.shape().rank(); ++i) inner *= y.shape()[i];
  const double rtol = b.rtol_float64 * (static_cast<double>(std::numeric_limits<T>::epsilon()) /
                                        std::numeric_limits<double>::epsilon());

  std::vector<Index> shown;
  for (Index i = 0; i < y.size(); ++i) {
    const Index channel = i / inner % channels;
    const double got = static_cast<double>(y[i]);
    const double value = expected[static_cast<std::size_t>(i)];
    if (std::ranges::find(b.bad_groups, channel) != b.bad_groups.end()) {
      if (!std::isfinite(got)) shown.push_back(channel);
    } else if (!(std::abs(got - value) <= rtol * std::abs(value))) {
      return "y[" + std::to_string(i) + "] is " + std::to_string(got) + ", expected " + std::to_string(value);
    }
  }
  for (const Index channel : b.bad_groups) {
    if (std::ranges::find(shown, channel) == shown.end())
      return "y is finite in channel " + std::to_string(channel) + ", expected a non-finite value";
  }
  return {};
}

template <class T>
BehaviourResult try_in(const Behaviour& b, Form form) {
  BehaviourResult result{.id = b.id, .form = form, .dtype = dtype_name<T>, .text = {}};
  Tensor<T> y;
  try {
    y = run<T>(b, form);
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    result.met = b.kind.starts_with("error");
    result.text = error.what();
    return result;
  }
  if (b.kind == "confined") {
    result.text = unconfined(b, y);
    result.met = result.text.empty();
  } else if (b.kind == "error_or_empty" && y.size() == 0) {
    result.met = true;
  } else {
    result.text = "no error";
  }
  return result;
}

}  // namespace

bool can_try(const Behaviour& b) { return b.layer == "batch_norm" && b.mode == "train"; }

std::vector<BehaviourResult> try_behaviour(const Behaviour& b) {
  if (!can_try(b))
    throw FileError(b.id + ": layer is " + b.layer + " in mode " + b.mode +
                    ", expected batch_norm in mode train");
  if (b.kind != "error" && b.kind != "confined" && b.kind != "error_or_empty")
    throw FileError(b.id + ": kind is " + b.kind + ", expected error, confined or error_or_empty");
  if (!b.inputs.contains("x")) throw FileError(b.id + ": has no input x");
  if (b.kind == "confined" && b.outputs != std::vector<std::string>{"y"})
    throw FileError(b.id + ": outputs are others than y, expected y alone");
  std::vector<BehaviourResult> results;
  for (const Form form : {Form::staged, Form::fused}) {
    results.push_back(try_in<float>(b, form));
    results.push_back(try_in<double>(b, form));
  }
  return results;
}

}  // namespace wengert::conform
