// SPDX-License-Identifier: MIT
// A module's parameters and state by name: listed, copied, refused when they do not fit.
#include <layers/modules/batch_norm.h>
#include <layers/modules/linear.h>
#include <tests/support/all_close.h>
#include <tests/support/random.h>

#include <limits>

using namespace wengert;
using namespace wengert::test;

namespace {

template <class T>
std::vector<std::string> names(const State<T>& state) {
  std::vector<std::string> out;
  for (const auto& [name, tensor] : state) out.push_back(name);
  return out;
}

BatchNorm<double> trained() {
  BatchNorm<double> bn({.channels = 3});
  bn.gamma.assign(Tensor<double>({3}, {1, 2, 3}));
  bn.update(bn.forward(Random(61).tensor<double>({5, 3})));
  return bn;
}

// A network of two parts.
class Pair : public Module<double> {
 public:
  Linear<double> linear{{.in = 2, .out = 3}};
  BatchNorm<double> norm{{.channels = 3}};
  std::vector<Entry> entries() override {
    std::vector<Entry> out;
    add(out, "linear", linear);
    add(out, "norm", norm);
    return out;
  }
};

}  // namespace

TEST_CASE("a module lists its parameters and its state by name", "[layers][modules]") {
  BatchNorm<double> bn = trained();
  const auto parameters = bn.parameters();
  REQUIRE(parameters.size() == 2);
  CHECK(parameters[0].name == "gamma");
  CHECK(parameters[0].parameter == &bn.gamma);
  CHECK(names(bn.state()) ==
        std::vector<std::string>{"beta", "gamma", "num_batches_tracked", "running_mean", "running_var"});
  CHECK(bn.state().at("num_batches_tracked").item() == 1);
  Pair pair;
  REQUIRE(pair.parameters().size() == 4);
  CHECK(pair.parameters()[2].name == "norm.gamma");
  CHECK(pair.state().contains("norm.running_var"));
}

TEST_CASE("a state goes from one module to another of the same shape", "[layers][modules]") {
  const BatchNorm<double> from = trained();
  BatchNorm<double> to({.channels = 3});
  to.load_state(from.state());
  CHECK_THAT(to.gamma.value(), Equals(from.gamma.value()));
  CHECK_THAT(to.running().mean(), Equals(from.running().mean()));
  CHECK_THAT(to.running().var(), Equals(from.running().var()));
  CHECK(to.running().batches() == 1);
}

TEST_CASE("a copied module learns on its own", "[layers][modules]") {
  BatchNorm<double> one = trained();
  const BatchNorm<double> copy = one;
  const Tensor<double> mean = one.running().mean();
  one.gamma.assign(Tensor<double>::zeros({3}));
  one.update(one.forward(Random(5).tensor<double>({4, 3})));
  CHECK_THAT(copy.gamma.value(), Equals(Tensor<double>({3}, {1, 2, 3})));
  CHECK_THAT(copy.running().mean(), Equals(mean));
  Tape<double> tape;
  CHECK(tape.leaf(one.gamma).id() != tape.leaf(copy.gamma).id());
}

TEST_CASE("a state that does not fit is refused by name, and nothing changes", "[layers][modules]") {
  BatchNorm<double> bn = trained();
  const State<double> before = bn.state();
  const auto error = [&](const std::string& name, const Tensor<double>& tensor) -> std::string {
    State<double> state = BatchNorm<double>({.channels = 3}).state();
    if (tensor) state[name] = tensor;
    if (!tensor) state.erase(name);
    try {
      bn.load_state(state);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  CHECK(error("gamma", Tensor<double>::zeros({4})) == "load_state: gamma has shape [4], expected [3]");
  CHECK(error("running_var", Tensor<double>::zeros({3, 1})) ==
        "load_state: running_var has shape [3, 1], expected [3]");
  CHECK(error("beta", {}) ==
        "load_state: beta is missing, expected gamma, beta, running_mean, running_var, num_batches_tracked");
  CHECK(
      error("delta", Tensor<double>::zeros({3})) ==
      "load_state: delta is not known, expected gamma, beta, running_mean, running_var, num_batches_tracked");
  CHECK(error("running_var", Tensor<double>({3}, {1, -1, 1})) ==
        "batch_norm: running_var[1] is -1, expected a variance >= 0");
  CHECK(error("num_batches_tracked", Tensor<double>::scalar(1.5)) ==
        "load_state: num_batches_tracked is 1.5, expected a whole number >= 0");
  CHECK(error("num_batches_tracked", Tensor<double>::scalar(std::numeric_limits<double>::infinity())) ==
        "load_state: num_batches_tracked is inf, expected a whole number >= 0");
  for (const auto& [name, tensor] : bn.state()) CHECK_THAT(tensor, Equals(before.at(name)));
}
