// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <autodiff/split_by_path.h>
#include <tools/conform/norm_case.h>

#include <optional>

namespace wengert::conform {
namespace {

template <class T>
struct Problem {
  Tensor<T> x, dy, v;
  std::optional<Tensor<T>> gamma, beta;
  const LayerUnderTest<T>& layer;
};

// The layer recorded with leaves for whatever the case has.
template <class T>
struct Recorded {
  Tape<T> tape;
  Var<T> x;
  std::optional<Var<T>> gamma, beta;
  LayerOutput<T> result;

  explicit Recorded(const Problem<T>& p) : x(tape.leaf(p.x, "x")) {
    if (p.gamma) gamma = tape.leaf(*p.gamma, "gamma");
    if (p.beta) beta = tape.leaf(*p.beta, "beta");
    result = p.layer.run(x, gamma, beta);
  }
};

template <class T>
std::optional<Tensor<T>> read_if_there(const Npz& arrays, std::string_view name) {
  return arrays.contains(name) ? std::optional(arrays.read<T>(name)) : std::nullopt;
}

template <class T>
Problem<T> problem_of(const Case& c, const Npz& arrays, const LayerUnderTest<T>& layer) {
  Problem<T> p{.x = arrays.read<T>("x"),
               .dy = arrays.read<T>("dy"),
               .v = arrays.read<T>("v"),
               .gamma = read_if_there<T>(arrays, "gamma"),
               .beta = read_if_there<T>(arrays, "beta"),
               .layer = layer};
  for (const Tensor<T>* tensor : {&p.x, &p.dy, &p.v}) {
    if (tensor->shape() == c.shape) continue;
    throw FileError(c.file.string() + ": x, dy or v has shape " + to_string(tensor->shape()) + ", expected " +
                    to_string(c.shape));
  }
  return p;
}

template <class T>
void add_value_and_gradients(const Problem<T>& p, Outputs<T>& out) {
  const Recorded<T> r(p);
  out["y"] = r.result.y.value();
  for (const auto& [name, value] : r.result.statistics) {
    const bool of_one_group = value.shape().rank() == 0;  // which the cases write as [1]
    out[name] = of_one_group ? value.reshaped({1}) : value;
  }
  const Gradients<T> gradients = backward(r.result.y, p.dy);
  out["dx"] = gradients[r.x];
  if (r.gamma) out["dgamma"] = gradients[*r.gamma];
  if (r.beta) out["dbeta"] = gradients[*r.beta];
}

template <class T>
void add_terms_by_path(const Problem<T>& p, Outputs<T>& out) {
  const Recorded<T> r(p);
  for (const PathClass<T>& path : split_by_path(r.result.y, p.dy, r.x)) {
    const std::string term = path.marks.empty()             ? "direct"
                             : path.marks.size() > 1        ? "mixed"
                             : path.marks.front() == "mean" ? "mean"
                                                            : "var";  // RMS normalisation: the mean square
    out["dx_" + term] = path.cotangent;
  }
}

// The gradient of <v, dx>, and with vgamma and vbeta also that of <v, dx> + <vgamma, dgamma> + <vbeta,
// dbeta>.
template <class T>
void add_second_derivatives(const Problem<T>& p, const Npz& arrays, Outputs<T>& out) {
  Recorded<T> r(p);
  const Var<T> dy = r.tape.leaf(p.dy, "dy");
  const Gradients<T> first = backward(r.result.y, dy, {.record = true});
  Var<T> inner = sum(first.var(r.x) * Var<T>(p.v));
  const auto add = [&](const std::string& prefix, const Gradients<T>& second) {
    out[prefix + "x"] = second[r.x];
    out[prefix + "y"] = second[dy];
    if (r.gamma) out[prefix + "gamma"] = second[*r.gamma];
  };
  add("dd", backward(inner, {.keep_saved = true}));

  const auto vgamma = read_if_there<T>(arrays, "vgamma");
  const auto vbeta = read_if_there<T>(arrays, "vbeta");
  if (vgamma && r.gamma) inner = inner + sum(first.var(*r.gamma) * Var<T>(*vgamma));
  if (vbeta && r.beta) inner = inner + sum(first.var(*r.beta) * Var<T>(*vbeta));
  if (vgamma || vbeta) add("ddf_", backward(inner));
}

template <class T>
void add_jvp(const Problem<T>& p, const Npz& arrays, Outputs<T>& out) {
  const Recorded<T> r(p);
  std::vector<Var<T>> inputs{r.x};
  std::vector<Tensor<T>> tangents{arrays.read<T>("tx")};
  if (r.gamma) {
    inputs.push_back(*r.gamma);
    tangents.push_back(arrays.read<T>("tgamma"));
  }
  if (r.beta) {
    inputs.push_back(*r.beta);
    tangents.push_back(arrays.read<T>("tbeta"));
  }
  out["jvp_y"] = jvp(r.result.y, inputs, tangents);
}

// d^k/dt^k <dy, f(x + t v)> at t = 0, one recorded sweep an order.
template <class T>
void add_directional_derivatives(const Problem<T>& p, Outputs<T>& out) {
  constexpr int highest = 4;
  const auto constant = [](const std::optional<Tensor<T>>& tensor) -> std::optional<Var<T>> {
    return tensor ? std::optional<Var<T>>(Var<T>(*tensor)) : std::nullopt;
  };
  Tape<T> tape;
  const Var<T> t = tape.leaf(Tensor<T>::scalar(0), "t");
  const Var<T> x = Var<T>(p.x) + t * Var<T>(p.v);
  Var<T> derivative = sum(p.layer.run(x, constant(p.gamma), constant(p.beta)).y * Var<T>(p.dy));
  Tensor<T> orders = Tensor<T>::zeros({highest + 1});
  for (int order = 0;; ++order) {
    orders.mutable_data()[order] = derivative.value().item();
    if (order == highest || !derivative.on_tape()) break;  // what does not depend on t has zeros from here on
    derivative = backward(derivative, {.record = true}).var(t);
  }
  out["dirderiv"] = orders;
}

}  // namespace

template <class T>
Outputs<T> norm_outputs(const Case& c, const Npz& arrays, const LayerUnderTest<T>& layer) {
  const Problem<T> p = problem_of<T>(c, arrays, layer);
  Outputs<T> out;
  add_value_and_gradients(p, out);
  if (layer.terms) {
    out.merge(layer.terms(p.x, p.gamma, p.dy));
  } else {
    add_terms_by_path(p, out);
  }
  add_second_derivatives(p, arrays, out);
  add_jvp(p, arrays, out);
  add_directional_derivatives(p, out);
  return out;
}

template Outputs<float> norm_outputs(const Case&, const Npz&, const LayerUnderTest<float>&);
template Outputs<double> norm_outputs(const Case&, const Npz&, const LayerUnderTest<double>&);

}  // namespace wengert::conform
