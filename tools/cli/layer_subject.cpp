// SPDX-License-Identifier: MIT
// From the choice of a layer to the layer: a row a layer in one table.
#include <autodiff/compare/agreement.h>
#include <fmt/format.h>
#include <layers/batch_norm.h>
#include <layers/batch_norm_relu.h>
#include <layers/group_norm.h>
#include <layers/instance_norm.h>
#include <layers/layer_norm.h>
#include <layers/linear.h>
#include <layers/rms_norm.h>
#include <layers/softmax_cross_entropy.h>
#include <tools/cli/layer_choice.h>
#include <tools/norm_identities.h>
#include <tools/npy.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace wengert {
namespace {

// gamma around 1 and beta around 0, as in a network under training.
template <class T>
Tensor<T> random_parameter(const Shape& shape, T centre, std::uint64_t seed) {
  const Tensor<T> noise = random_normal<T>({shape.size()}, seed);
  return Tensor<T>((noise.flat() * T(0.1) + centre).matrix()).reshaped(shape);
}

template <class T>
NamedTensor<T> gamma_of(const Shape& shape, const LayerChoice& choice) {
  return {"gamma", random_parameter<T>(shape, T(1), choice.seed + 11)};
}

template <class T>
NamedTensor<T> beta_of(const Shape& shape, const LayerChoice& choice) {
  return {"beta", random_parameter<T>(shape, T(0), choice.seed + 12)};
}

int channel_axis(const LayerChoice& choice, const Shape& x) {
  return parse_channel_axis(choice.layout, x.rank());
}

// [C]; the layer itself refuses an axis that x does not have.
Shape channels(int axis, const Shape& x) { return axis < x.rank() ? Shape{x[axis]} : Shape{0}; }

Shape trailing(const LayerChoice& choice, const Shape& x) {
  if (!choice.layout.empty()) {
    throw ValueError(
        fmt::format("--layout: {} normalises over trailing axes, expected --axes instead", choice.layer));
  }
  const int axes = choice.axes.value_or(1);
  const bool fits = axes >= 1 && axes <= x.rank();
  return fits ? Shape(std::span(x.end() - axes, x.end())) : Shape{};
}

// The terms of dx as the closed form has them, and what dx satisfies whatever the numbers are.
template <class T, class TermsOf>
Subject<T> with_evidence(Subject<T> subject, TermsOf terms_of,
                         std::function<NormLayout(const Shape&)> layout) {
  subject.terms = [terms_of](std::span<const Tensor<T>> in, const Tensor<T>& dy) {
    const auto terms = terms_of(in[0], in[1], dy);
    std::vector<ClosedFormTerm<T>> out{{"x", {}, terms.direct}};
    if constexpr (requires { terms.mean; }) {
      out.push_back({"x", {"mean"}, terms.mean});
      out.push_back({"x", {"variance"}, terms.variance});
    } else {
      out.push_back({"x", {"mean_square"}, terms.mean_square});
    }
    return out;
  };
  subject.identities = norm_identities<T>(std::move(layout));
  return subject;
}

template <class T>
Subject<T> batch_norm_subject(const LayerChoice& choice, Tensor<T> x) {
  const BatchNormOptions options{.eps = choice.eps.value_or(1e-5),
                                 .channel_axis = channel_axis(choice, x.shape())};
  const Shape shape = channels(options.channel_axis, x.shape());
  return with_evidence<T>(
      make_subject<T>(
          choice.layer, {{"x", std::move(x)}, gamma_of<T>(shape, choice), beta_of<T>(shape, choice)},
          [options](auto in) { return staged::batch_norm(in[0], in[1], in[2], options).y; },
          [options](auto in) { return fused::batch_norm(in[0], in[1], in[2], options).y; }),
      [options](const Tensor<T>& at, const Tensor<T>& gamma, const Tensor<T>& dy) {
        return fused::batch_norm_terms<T>(at, gamma, dy, options);
      },
      [options](const Shape& at) { return channel_layout(at, options.channel_axis, options.eps); });
}

template <class T>
Subject<T> layer_norm_subject(const LayerChoice& choice, Tensor<T> x) {
  const LayerNormOptions options{.eps = choice.eps.value_or(1e-5),
                                 .normalized_axes = choice.axes.value_or(1)};
  const Shape shape = trailing(choice, x.shape());
  return with_evidence<T>(
      make_subject<T>(
          choice.layer, {{"x", std::move(x)}, gamma_of<T>(shape, choice), beta_of<T>(shape, choice)},
          [options](auto in) { return staged::layer_norm(in[0], in[1], in[2], options).y; },
          [options](auto in) { return fused::layer_norm(in[0], in[1], in[2], options).y; }),
      [options](const Tensor<T>& at, const Tensor<T>& gamma, const Tensor<T>& dy) {
        return fused::layer_norm_terms<T>(at, gamma, dy, options);
      },
      [options](const Shape& at) { return trailing_layout(at, options.normalized_axes, options.eps, true); });
}

template <class T>
Subject<T> rms_norm_subject(const LayerChoice& choice, Tensor<T> x) {
  const RmsNormOptions options{.eps = choice.eps.value_or(1e-5), .normalized_axes = choice.axes.value_or(1)};
  const Shape shape = trailing(choice, x.shape());
  return with_evidence<T>(
      make_subject<T>(
          choice.layer, {{"x", std::move(x)}, gamma_of<T>(shape, choice)},
          [options](auto in) { return staged::rms_norm(in[0], in[1], options).y; },
          [options](auto in) { return fused::rms_norm(in[0], in[1], options).y; }),
      [options](const Tensor<T>& at, const Tensor<T>& gamma, const Tensor<T>& dy) {
        return fused::rms_norm_terms<T>(at, gamma, dy, options);
      },
      [options](const Shape& at) {
        return trailing_layout(at, options.normalized_axes, options.eps, false);
      });
}

template <class T>
Subject<T> group_norm_subject(const LayerChoice& choice, Tensor<T> x) {
  const GroupNormOptions options{.groups = choice.groups.value_or(32),
                                 .eps = choice.eps.value_or(1e-5),
                                 .channel_axis = channel_axis(choice, x.shape())};
  const Shape shape = channels(options.channel_axis, x.shape());
  return with_evidence<T>(
      make_subject<T>(
          choice.layer, {{"x", std::move(x)}, gamma_of<T>(shape, choice), beta_of<T>(shape, choice)},
          [options](auto in) { return staged::group_norm(in[0], in[1], in[2], options).y; },
          [options](auto in) { return fused::group_norm(in[0], in[1], in[2], options).y; }),
      [options](const Tensor<T>& at, const Tensor<T>& gamma, const Tensor<T>& dy) {
        return fused::group_norm_terms<T>(at, gamma, dy, options);
      },
      [options](const Shape& at) {
        return group_layout(at, options.channel_axis, options.groups, options.eps);
      });
}

template <class T>
Subject<T> instance_norm_subject(const LayerChoice& choice, Tensor<T> x) {
  const InstanceNormOptions options{.eps = choice.eps.value_or(1e-5),
                                    .channel_axis = channel_axis(choice, x.shape())};
  const Shape shape = channels(options.channel_axis, x.shape());
  return with_evidence<T>(
      make_subject<T>(
          choice.layer, {{"x", std::move(x)}, gamma_of<T>(shape, choice), beta_of<T>(shape, choice)},
          [options](auto in) { return staged::instance_norm(in[0], in[1], in[2], options).y; },
          [options](auto in) { return fused::instance_norm(in[0], in[1], in[2], options).y; }),
      [options](const Tensor<T>& at, const Tensor<T>& gamma, const Tensor<T>& dy) {
        return fused::instance_norm_terms<T>(at, gamma, dy, options);
      },
      [options](const Shape& at) {
        return group_layout(at, options.channel_axis, channels(options.channel_axis, at)[0], options.eps);
      });
}

template <class T>
Subject<T> batch_norm_relu_subject(const LayerChoice& choice, Tensor<T> x) {
  const BatchNormOptions options{.eps = choice.eps.value_or(1e-5),
                                 .channel_axis = channel_axis(choice, x.shape())};
  const Shape shape = channels(options.channel_axis, x.shape());
  return make_subject<T>(
      choice.layer, {{"x", std::move(x)}, gamma_of<T>(shape, choice), beta_of<T>(shape, choice)},
      [options](auto in) { return staged::batch_norm_relu(in[0], in[1], in[2], options).y; },
      [options](auto in) { return fused::batch_norm_relu(in[0], in[1], in[2], options).y; });
}

// As many outputs as inputs.
template <class T>
Subject<T> linear_subject(const LayerChoice& choice, Tensor<T> x) {
  const Index width = x.shape().rank() == 2 ? x.shape()[1] : 0;
  const T scale = T(1) / std::sqrt(static_cast<T>(std::max<Index>(width, 1)));
  const Tensor<T> weight((random_normal<T>({width * width}, choice.seed + 11).flat() * scale).matrix());
  return make_subject<T>(
      choice.layer,
      {{"x", std::move(x)}, {"weight", weight.reshaped({width, width})}, beta_of<T>({width}, choice)},
      [](auto in) { return staged::linear(in[0], in[1], in[2]); },
      [](auto in) { return fused::linear(in[0], in[1], in[2]); });
}

// The classes go round.
template <class T>
Subject<T> softmax_cross_entropy_subject(const LayerChoice& choice, Tensor<T> x) {
  std::vector<std::int64_t> classes;
  if (x.shape().rank() == 2) {
    for (Index n = 0; n < x.shape()[0]; ++n) classes.push_back(n % std::max<Index>(x.shape()[1], 1));
  }
  return make_subject<T>(
      choice.layer, {{"x", std::move(x)}},
      [classes](auto in) { return staged::softmax_cross_entropy(in[0], classes, Reduction::none); },
      [classes](auto in) { return fused::softmax_cross_entropy(in[0], classes, Reduction::none); });
}

template <class T>
struct KnownLayer {
  const char* name;
  const char* shape;  // of x, where none is chosen
  Subject<T> (*subject)(const LayerChoice&, Tensor<T> x);
  std::string_view uses;  // options that mean something to it
};

template <class T>
constexpr std::array table{
    KnownLayer<T>{"batch_norm", "128x256", batch_norm_subject<T>, "eps layout"},
    KnownLayer<T>{"layer_norm", "128x256", layer_norm_subject<T>, "eps axes layout"},
    KnownLayer<T>{"rms_norm", "128x256", rms_norm_subject<T>, "eps axes layout"},
    KnownLayer<T>{"group_norm", "8x64x14x14", group_norm_subject<T>, "eps groups layout"},
    KnownLayer<T>{"instance_norm", "8x32x14x14", instance_norm_subject<T>, "eps layout"},
    KnownLayer<T>{"batch_norm_relu", "128x256", batch_norm_relu_subject<T>, "eps layout"},
    KnownLayer<T>{"linear", "128x64", linear_subject<T>, ""},
    KnownLayer<T>{"softmax_cross_entropy", "128x10", softmax_cross_entropy_subject<T>, ""}};

template <class T>
void refuse_useless(const LayerChoice& choice, const KnownLayer<T>& layer) {
  const auto refuse = [&](bool given, std::string_view option) {
    if (given && layer.uses.find(option) == std::string_view::npos)
      throw ValueError(fmt::format("--{}: {} has no use for it", option, layer.name));
  };
  refuse(choice.eps.has_value(), "eps");
  refuse(choice.groups.has_value(), "groups");
  refuse(choice.axes.has_value(), "axes");
  refuse(!choice.layout.empty(), "layout");
}

}  // namespace

std::string known_layers() {
  std::string names;
  for (const auto& layer : table<float>) names += (names.empty() ? "" : ", ") + std::string(layer.name);
  return names;
}

template <class T>
Subject<T> make_subject(const LayerChoice& choice) {
  for (const KnownLayer<T>& layer : table<T>) {
    if (choice.layer != layer.name) continue;
    refuse_useless(choice, layer);
    const std::string& shape = choice.shape.empty() ? layer.shape : choice.shape;
    return layer.subject(choice, choice.input.empty() ? random_normal<T>(parse_shape(shape), choice.seed + 10)
                                                      : read_npy<T>(choice.input));
  }
  throw ValueError(
      fmt::format("layer: \"{}\" is not known, expected one of: {}", choice.layer, known_layers()));
}

template Subject<float> make_subject(const LayerChoice&);
template Subject<double> make_subject(const LayerChoice&);

}  // namespace wengert
