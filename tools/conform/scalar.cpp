// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <layers/layer_norm.h>
#include <layers/rms_norm.h>
#include <tools/conform/json_file.h>
#include <tools/conform/scalar.h>

namespace wengert::conform {
namespace {

using Number = Var<double>;

Number constant(const Shape& shape, std::initializer_list<double> values) {
  return Number(Tensor<double>(shape, values));
}

Number batch_norm(const Number& x, const Number& gamma, const Number& beta, Form form) {
  const BatchNormOptions options{.eps = 0.25};
  return (form == Form::staged ? staged::batch_norm<double>(x, gamma, beta, options)
                               : fused::batch_norm<double>(x, gamma, beta, options))
      .y;
}

// Σ layer_norm(x), x = [[t, 0]], gamma = [1, 2], eps = 0.25
Number ln_pair(const Number& t, Form form) {
  const Number x = t * constant({1, 2}, {1, 0});
  const Number gamma = constant({2}, {1, 2}), beta = constant({2}, {0, 0});
  const LayerNormOptions options{.eps = 0.25};
  return sum((form == Form::staged ? staged::layer_norm<double>(x, gamma, beta, options)
                                   : fused::layer_norm<double>(x, gamma, beta, options))
                 .y);
}

// Σ w·batch_norm(x), x_i = (i + 1) t + (i % 3 − 1) t² + i in [2, 2, 2], w = 1 to 8, eps = 0.25
Number bn_curve(const Number& t, Form form) {
  const Shape shape{2, 2, 2};
  const Number x = t * constant(shape, {1, 2, 3, 4, 5, 6, 7, 8}) +
                   square(t) * constant(shape, {-1, 0, 1, -1, 0, 1, -1, 0}) +
                   constant(shape, {0, 1, 2, 3, 4, 5, 6, 7});
  const Number y = batch_norm(x, constant({2}, {1.5, -0.5}), constant({2}, {0.25, 1}), form);
  return sum(y * constant(shape, {1, 2, 3, 4, 5, 6, 7, 8}));
}

// The second element of batch_norm([[0], [t]]), eps = 0.25
Number bn_n2(const Number& t, Form form) {
  const Number x = t * constant({2, 1}, {0, 1});
  return sum(batch_norm(x, constant({1}, {1}), constant({1}, {0}), form) * constant({2, 1}, {0, 1}));
}

// The first element of rms_norm([[t, 1]]), eps = 0.5
Number rms_a(const Number& t, Form form) {
  const Number x = t * constant({1, 2}, {1, 0}) + constant({1, 2}, {0, 1});
  const Number gamma = constant({2}, {1, 1});
  const RmsNormOptions options{.eps = 0.5};
  return sum((form == Form::staged ? staged::rms_norm<double>(x, gamma, options)
                                   : fused::rms_norm<double>(x, gamma, options))
                 .y *
             constant({1, 2}, {1, 0}));
}

struct Function {
  const char* name;
  Number (*of)(const Number& t, Form form);
};
constexpr Function functions[] = {{"scalar_ln_pair_", ln_pair},
                                  {"scalar_bn_curve_", bn_curve},
                                  {"scalar_bn_n2_", bn_n2},
                                  {"scalar_rms_a_", rms_a}};

const Function& function_of(const Scalar& scalar) {
  for (const Function& function : functions) {
    if (scalar.name.starts_with(function.name)) return function;
  }
  throw FileError(scalar.name +
                  ": the function is not known, expected one of ln_pair, bn_curve, bn_n2, rms_a");
}

}  // namespace

std::vector<Scalar> load_scalars(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "manifest.json";
  const Json manifest = parse_json_file(path);
  std::vector<Scalar> scalars;
  for (const Json& json : at(path.string(), [&] { return manifest.value("scalars", Json::array()); })) {
    const std::string name = at(path.string(), [&] { return json.at("name").get<std::string>(); });
    scalars.push_back(at(path.string() + ": scalar " + name, [&] {
      return Scalar{.name = name,
                    .order = json.at("order"),
                    .at = json.at("at"),
                    .expected = json.at("expected"),
                    .rtol = json.at("rtol")};
    }));
  }
  expect_count(path, manifest, "scalar", scalars.size());
  return scalars;
}

void expect_known(const Scalar& scalar) { function_of(scalar); }

double derivative(const Scalar& scalar, Form form) {
  Tape<double> tape;
  const Number t = tape.leaf(Tensor<double>::scalar(scalar.at), "t");
  Number value = function_of(scalar).of(t, form);
  for (int order = 0; order < scalar.order; ++order) {
    if (!value.on_tape()) return 0;  // it no longer depends on t
    value = backward(value, {.record = true}).var(t);
  }
  return value.value().item();
}

}  // namespace wengert::conform
