// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <tools/train/classifier.h>

#include <array>

namespace wengert::train {
namespace {

constexpr std::array<std::pair<const char*, NormKind>, 5> norm_names{{{"batch_norm", NormKind::batch_norm},
                                                                      {"layer_norm", NormKind::layer_norm},
                                                                      {"group_norm", NormKind::group_norm},
                                                                      {"rms_norm", NormKind::rms_norm},
                                                                      {"none", NormKind::none}}};
constexpr int groups = 8;

}  // namespace

NormKind norm_kind(const std::string& name) {
  for (const auto& [text, kind] : norm_names) {
    if (name == text) return kind;
  }
  throw ValueError("train: norm is \"" + name +
                   "\", expected batch_norm, layer_norm, group_norm, rms_norm or none");
}

template <class T>
typename Classifier<T>::Norm Classifier<T>::make_norm(const ClassifierConfig& config, Index width) {
  switch (config.norm) {
    case NormKind::batch_norm:
      return Norm(BatchNorm<T>({.channels = width, .form = config.form}));
    case NormKind::layer_norm:
      return Norm(LayerNorm<T>({.normalized_shape = {width}, .form = config.form}));
    case NormKind::group_norm:
      return Norm(GroupNorm<T>({.channels = width, .groups = groups, .form = config.form}));
    case NormKind::rms_norm:
      return Norm(RmsNorm<T>({.normalized_shape = {width}, .form = config.form}));
    case NormKind::none:
      break;
  }
  return Norm();
}

// A bias in front of a batch norm does nothing: the mean takes it off again.
template <class T>
typename Classifier<T>::Block Classifier<T>::make_block(const ClassifierConfig& config, Index in, Index out,
                                                        std::uint64_t seed) {
  return {Linear<T>({.in = in,
                     .out = out,
                     .bias = config.norm != NormKind::batch_norm,
                     .seed = seed,
                     .form = config.form}),
          make_norm(config, out)};
}

template <class T>
Classifier<T>::Classifier(ClassifierConfig config)
    : last_({.in = config.hidden.second,
             .out = config.classes,
             .seed = config.seed * 3 + 2,
             .form = config.form}) {
  blocks_.reserve(2);
  blocks_.push_back(make_block(config, config.pixels, config.hidden.first, config.seed * 3));
  blocks_.push_back(make_block(config, config.hidden.first, config.hidden.second, config.seed * 3 + 1));
}

template <class T>
Pass<T> Classifier<T>::forward(const Var<T>& images) const {
  Pass<T> pass;
  Var<T> x = images;
  for (const Block& block : blocks_) {
    x = block.linear(std::move(x));
    if (const auto* bn = std::get_if<BatchNorm<T>>(&block.norm)) {
      BatchNormResult<T> batch = bn->forward(std::move(x));
      pass.batches.push_back({batch.mean, batch.var, batch.y.shape()[0]});
      x = std::move(batch.y);
    } else if (const auto* ln = std::get_if<LayerNorm<T>>(&block.norm)) {
      x = (*ln)(std::move(x));
    } else if (const auto* gn = std::get_if<GroupNorm<T>>(&block.norm)) {
      x = (*gn)(std::move(x));
    } else if (const auto* rms = std::get_if<RmsNorm<T>>(&block.norm)) {
      x = (*rms)(std::move(x));
    }
    x = relu(std::move(x));
  }
  pass.logits = last_(std::move(x));
  return pass;
}

template <class T>
void Classifier<T>::update(const Pass<T>& pass) {
  auto batch = pass.batches.begin();
  for (Block& block : blocks_) {
    auto* bn = std::get_if<BatchNorm<T>>(&block.norm);
    if (bn == nullptr) continue;
    bn->update(batch->mean, batch->var, batch->count);
    ++batch;
  }
}

template <class T>
void Classifier<T>::train() {
  for (Block& block : blocks_) {
    if (auto* bn = std::get_if<BatchNorm<T>>(&block.norm)) bn->train();
  }
}

template <class T>
void Classifier<T>::eval() {
  for (Block& block : blocks_) {
    if (auto* bn = std::get_if<BatchNorm<T>>(&block.norm)) bn->eval();
  }
}

template <class T>
std::vector<typename Module<T>::Entry> Classifier<T>::entries() {
  std::vector<typename Module<T>::Entry> out;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    this->add(out, "linear" + number, blocks_[i].linear);
    std::visit(
        [&](auto& norm) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(norm)>, std::monostate>)
            this->add(out, "norm" + number, norm);
        },
        blocks_[i].norm);
  }
  this->add(out, "last", last_);
  return out;
}

template class Classifier<float>;
template class Classifier<double>;

}  // namespace wengert::train
