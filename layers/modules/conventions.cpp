// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <layers/modules/conventions.h>

#include <array>
#include <string>
#include <string_view>

namespace wengert {
namespace {

struct Names {
  std::string_view ours;
  std::array<std::string_view, 4> theirs;  // in the order of Convention; empty: has none
};
constexpr std::array<Names, 7> table{{
    {"gamma", {"weight", "gamma", "scale", "scale"}},
    {"beta", {"bias", "beta", "B", "bias"}},
    {"running_mean", {"running_mean", "moving_mean", "input_mean", "mean"}},
    {"running_var", {"running_var", "moving_variance", "input_var", "var"}},
    {"num_batches_tracked", {"num_batches_tracked", "", "", ""}},
    {"weight", {"weight", "kernel", "", "kernel"}},
    {"bias", {"bias", "bias", "", "bias"}},
}};

// "norm1." and "gamma"
std::pair<std::string, std::string> split(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? std::pair(std::string(), name)
                                  : std::pair(name.substr(0, dot + 1), name.substr(dot + 1));
}

// Empty where the other library keeps nothing of the kind.
std::string their_name(const std::string& name, Convention convention) {
  const auto [prefix, local] = split(name);
  for (const Names& names : table) {
    if (names.ours != local) continue;
    const std::string_view theirs = names.theirs[static_cast<std::size_t>(convention)];
    if (!theirs.empty()) return prefix + std::string(theirs);
    if (local == "num_batches_tracked") return {};
    throw ValueError("convention: " + name + " belongs to a linear layer, which ONNX keeps either way round");
  }
  throw ValueError("convention: " + name + " has no counterpart");
}

bool is_kernel(const std::string& name, Convention convention) {
  return split(name).second == "weight" && convention != Convention::pytorch;
}

template <class T>
Tensor<T> turned(const std::string& name, const Tensor<T>& kernel) {
  if (kernel.shape().rank() != 2)
    throw ShapeError("convention: " + name + " has shape " + to_string(kernel.shape()) +
                     ", expected [in, out]");
  return transpose(Var<T>(kernel)).value();
}

template <class T>
Tensor<T> scaled(const Tensor<T>& tensor, double factor) {
  return (Var<T>(tensor) * static_cast<T>(factor)).value();
}

// n / (n − 1), from the biased variance to the unbiased one.
double unbiasing(BiasedOver biased_over) {
  if (!biased_over) return 1;
  const double n = static_cast<double>(*biased_over);
  if (*biased_over < 2) throw_value("convention", "biased_over", n, "at least 2 values per channel");
  return n / (n - 1);
}

}  // namespace

double converted_momentum(Convention convention, double momentum) {
  if (!(momentum >= 0 && momentum <= 1))
    throw_value("convention", "momentum", momentum, "a number from 0 to 1");
  return convention == Convention::pytorch ? momentum : 1 - momentum;
}

template <class T>
State<T> from_convention(const State<T>& theirs, const Module<T>& target, Convention convention,
                         BiasedOver biased_over) {
  const double factor = unbiasing(biased_over);
  State<T> out;
  std::size_t used = 0;
  for (const auto& [name, current] : target.state()) {
    const std::string their = their_name(name, convention);
    if (their.empty()) {
      out[name] = current;
      continue;
    }
    const auto found = theirs.find(their);
    if (found == theirs.end())
      throw ValueError("convention: " + their + " is missing, expected it for " + name);
    ++used;
    out[name] = is_kernel(name, convention) ? turned(their, found->second) : found->second;
    if (factor != 1 && split(name).second == "running_var") out[name] = scaled(out[name], factor);
  }
  if (used == theirs.size()) return out;
  State<T> left = theirs;
  for (const auto& [name, current] : target.state()) left.erase(their_name(name, convention));
  throw ValueError("convention: " + left.begin()->first +
                   " is left over, nothing in the module is its counterpart");
}

template <class T>
State<T> to_convention(const Module<T>& module, Convention convention, BiasedOver biased_over) {
  const double factor = 1 / unbiasing(biased_over);
  State<T> out;
  for (const auto& [name, tensor] : module.state()) {
    const std::string their = their_name(name, convention);
    if (their.empty()) continue;
    out[their] = is_kernel(name, convention) ? turned(name, tensor) : tensor;
    if (factor != 1 && split(name).second == "running_var") out[their] = scaled(tensor, factor);
  }
  return out;
}

#define WENGERT_INSTANTIATE(T)                                                                  \
  template State<T> from_convention(const State<T>&, const Module<T>&, Convention, BiasedOver); \
  template State<T> to_convention(const Module<T>&, Convention, BiasedOver);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert
