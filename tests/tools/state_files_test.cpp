// SPDX-License-Identifier: MIT
#include <layers/modules/batch_norm.h>
#include <tests/support/all_close.h>
#include <tests/support/random.h>
#include <tests/support/temporary_folder.h>
#include <tools/npy.h>
#include <tools/state_files.h>

#include <fstream>

using namespace wengert;
using namespace wengert::test;
using Catch::Matchers::ContainsSubstring;

namespace {

BatchNorm<float> trained() {
  BatchNorm<float> bn({.channels = 3});
  bn.gamma.assign(Tensor<float>({3}, {1, 2, 3}));
  bn.update(bn.forward(Random(5).tensor<float>({4, 3})));
  return bn;
}

}  // namespace

TEST_CASE("a module's state is written as .npy files, and read back", "[tools][modules]") {
  const TemporaryFolder folder;
  const auto at = folder / "checkpoint";
  const BatchNorm<float> bn = trained();
  write_state(at, bn.state());
  CHECK_THAT(read_npy<float>(at / "gamma.npy"), Equals(bn.gamma.value()));
  BatchNorm<float> other({.channels = 3});
  other.load_state(read_state<float>(at));
  for (const auto& [name, tensor] : other.state()) CHECK_THAT(tensor, Equals(bn.state().at(name)));
  CHECK(other.running().batches() == 1);

  BatchNorm<double> wider({.channels = 3});
  wider.load_state(read_state<double>(at));
  CHECK_THAT(wider.gamma.value(), Equals(bn.gamma.value().cast<double>()));
}

TEST_CASE("a state of another shape on disk is refused, and the module stays", "[tools][modules]") {
  const TemporaryFolder folder;
  write_state(folder.path(), BatchNorm<float>({.channels = 4}).state());
  BatchNorm<float> bn = trained();
  const State<float> before = bn.state();
  CHECK_THROWS_WITH(bn.load_state(read_state<float>(folder.path())),
                    ContainsSubstring("has shape [4], expected [3]"));
  write_npy(folder / "delta.npy", Tensor<float>::zeros({2}));
  CHECK_THROWS_AS(bn.load_state(read_state<float>(folder.path())), Error);
  for (const auto& [name, tensor] : bn.state()) CHECK_THAT(tensor, Equals(before.at(name)));
}

TEST_CASE("a folder that is missing, empty or broken is refused by name", "[tools][modules]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_state<float>(folder / "nowhere"),
                    ContainsSubstring("nowhere: cannot be read as a folder"));
  CHECK_THROWS_WITH(read_state<float>(folder.path()), ContainsSubstring("holds no .npy file"));
  std::ofstream(folder / "gamma.npy") << "not an array";
  CHECK_THROWS_WITH(read_state<float>(folder.path()), ContainsSubstring("gamma.npy"));
  CHECK_THROWS_WITH(write_state<float>(folder.path(), {{"../gamma", Tensor<float>::zeros({1})}}),
                    "write_state: \"../gamma\" is no file name, expected one without folders");
  CHECK_THROWS_AS(write_state<float>(folder / "gamma.npy", {{"x", Tensor<float>::zeros({1})}}), FileError);
}
