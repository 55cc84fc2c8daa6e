// SPDX-License-Identifier: MIT
// A small classifier: linear → norm → relu, twice, and a linear layer to the classes.
#pragma once

#include <layers/form.h>
#include <layers/modules/batch_norm.h>
#include <layers/modules/group_norm.h>
#include <layers/modules/layer_norm.h>
#include <layers/modules/linear.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace wengert::train {

/// Throws ValueError for a name other than batch_norm, layer_norm, group_norm, rms_norm, none.
enum class NormKind { batch_norm, layer_norm, group_norm, rms_norm, none };
NormKind norm_kind(const std::string& name);

struct ClassifierConfig {
  Index pixels = 64;
  std::pair<Index, Index> hidden{96, 64};
  Index classes = 10;
  NormKind norm = NormKind::batch_norm;
  Form form = Form::fused;
  std::uint64_t seed = 1;
};

/// What a forward pass leaves for the one step of the running statistics; empty without batch norm.
template <class T>
struct Pass {
  struct Batch {
    Tensor<T> mean, var;
    Index count;
  };
  Var<T> logits;  ///< [N, classes]
  std::vector<Batch> batches;
};

template <class T>
class Classifier : public Module<T> {
 public:
  explicit Classifier(ClassifierConfig config);

  /// images: [N, pixels]. On a tape where `images` is on one, else it just computes.
  Pass<T> forward(const Var<T>& images) const;
  /// The running statistics of the batch norms.
  void update(const Pass<T>& pass);

  void train();
  void eval();

  std::vector<typename Module<T>::Entry> entries() override;

 private:
  using Norm = std::variant<std::monostate, BatchNorm<T>, LayerNorm<T>, GroupNorm<T>, RmsNorm<T>>;
  struct Block {
    Linear<T> linear;
    Norm norm;
  };
  static Norm make_norm(const ClassifierConfig& config, Index width);
  static Block make_block(const ClassifierConfig& config, Index in, Index out, std::uint64_t seed);

  std::vector<Block> blocks_;
  Linear<T> last_;
};

}  // namespace wengert::train
