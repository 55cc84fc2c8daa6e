// SPDX-License-Identifier: MIT
#include <tests/support/sample_graphs.h>

#include <array>
#include <utility>

namespace wengert::testing {
namespace {

const Shape matrix{64, 256};
const Shape row{1, 256};

struct BatchNormNodes {
  int x, gamma, c, square, variance, shifted, s, r, xhat, scaled, y;
};

BatchNormNodes add_batch_norm(GraphBuilder& b) {
  BatchNormNodes n{};
  n.x = b.leaf("x", matrix);
  n.gamma = b.leaf("γ", row);
  const int beta = b.leaf("β", row);
  b.in("batch_norm/mean");
  const int mean = b.op("mean", "μ_B", "mean(x)", {n.x}, row);
  b.mark(mean, "mean");
  n.c = b.op("sub", "c", "x − μ_B", {n.x, mean}, matrix);
  b.in("batch_norm/variance");
  n.square = b.op("square", "", "c²", {n.c}, matrix);
  b.saves(n.square, {n.c});
  n.variance = b.op("mean", "σ²_B", "mean(c²)", {n.square}, row);
  b.mark(n.variance, "variance");
  b.in("batch_norm/normalise");
  n.shifted = b.op("add_scalar", "", "σ²_B + ε", {n.variance}, row);
  n.s = b.op("sqrt", "s", "√(σ²_B + ε)", {n.shifted}, row);
  b.saves(n.s, {n.s});
  n.r = b.op("reciprocal", "r", "1 / s", {n.s}, row);
  b.saves(n.r, {n.r});
  n.xhat = b.op("mul", "x̂", "c · r", {n.c, n.r}, matrix);
  b.saves(n.xhat, {n.c, n.r});
  b.in("batch_norm/affine");
  n.scaled = b.op("mul", "", "γ · x̂", {n.gamma, n.xhat}, matrix);
  b.saves(n.scaled, {n.gamma, n.xhat});
  n.y = b.op("add", "y", "γ · x̂ + β", {n.scaled, beta}, matrix);
  b.in("");
  return n;
}

}  // namespace

GraphBuilder::GraphBuilder(std::string dtype) {
  graph_.dtype = std::move(dtype);
  graph_.scopes.emplace_back();
}

GraphBuilder& GraphBuilder::in(std::string_view path) {
  scope_ = 0;
  while (!path.empty()) {
    const std::string name(path.substr(0, path.find('/')));
    path.remove_prefix(name.size() == path.size() ? name.size() : name.size() + 1);
    int found = 0;
    for (std::size_t s = 1; s < graph_.scopes.size(); ++s) {
      if (graph_.scopes[s].name == name && graph_.scopes[s].parent == scope_) found = static_cast<int>(s);
    }
    if (found == 0) {
      found = static_cast<int>(graph_.scopes.size());
      graph_.scopes.push_back({name, scope_});
    }
    scope_ = found;
  }
  return *this;
}

GraphBuilder& GraphBuilder::backward(bool recorded) {
  backward_ = recorded;
  return *this;
}

int GraphBuilder::add(GraphNode node) {
  node.id = static_cast<int>(graph_.nodes.size());
  node.scope = scope_;
  node.backward = backward_;
  node.needs_gradient = true;
  node.bytes = static_cast<std::size_t>(node.shape.size()) * sizeof(float);
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().id;
}

int GraphBuilder::leaf(std::string label, Shape shape) {
  GraphNode node;
  node.op = "leaf";
  node.label = std::move(label);
  node.shape = shape;
  return add(std::move(node));
}

int GraphBuilder::op(std::string op, std::string label, std::string formula,
                     std::initializer_list<int> inputs, Shape shape) {
  GraphNode node;
  node.op = std::move(op);
  node.label = std::move(label);
  node.formula = std::move(formula);
  node.inputs = inputs;
  node.shape = shape;
  return add(std::move(node));
}

void GraphBuilder::saves(int reader, std::initializer_list<int> sources) {
  for (int source : sources) {
    const GraphNode& from = at(source);
    at(reader).saved.push_back({.name = from.label,
                                .source = source,
                                .shape = from.shape,
                                .bytes = from.bytes,
                                .buffer = source,
                                .held_by_caller = from.op == "leaf"});
  }
}

Graph staged_batch_norm() {
  GraphBuilder b;
  add_batch_norm(b);
  return b.graph();
}

Graph timed_batch_norm() {
  Graph graph = staged_batch_norm();
  constexpr std::array times{6100, 5200, 4900, 6000, 200, 400, 300, 5300, 5100, 5000};
  for (std::size_t i = 0; i < times.size(); ++i) graph.nodes[i + 3].forward_ns = times[i];
  return graph;
}

Graph recorded_batch_norm() {
  GraphBuilder b;
  const BatchNormNodes n = add_batch_norm(b);
  b.backward(true);
  const int dy = b.leaf("dy", matrix);
  b.in("batch_norm/affine");
  b.op("sum_to", "dβ", "Σ dy", {dy}, row);
  const int dy_xhat = b.op("mul", "", "dy · x̂", {dy, n.xhat}, matrix);
  b.op("sum_to", "dγ", "Σ dy · x̂", {dy_xhat}, row);
  const int dxhat = b.op("mul", "", "dy · γ", {dy, n.gamma}, matrix);
  b.in("batch_norm/normalise");
  const int dc_direct = b.op("mul", "", "%17 · r", {dxhat, n.r}, matrix);
  const int dxhat_c = b.op("mul", "", "%17 · c", {dxhat, n.c}, matrix);
  const int dr = b.op("sum_to", "", "Σ %19", {dxhat_c}, row);
  const int r_squared = b.op("square", "", "r²", {n.r}, row);
  const int ds_negative = b.op("mul", "", "%20 · r²", {dr, r_squared}, row);
  const int ds = b.op("neg", "", "−%22", {ds_negative}, row);
  const int two_s = b.op("mul_scalar", "", "2 · s", {n.s}, row);
  const int dvariance = b.op("div", "", "%23 / %24", {ds, two_s}, row);
  b.in("batch_norm/variance");
  const int dvariance_mean = b.op("div_scalar", "", "%25 / 64", {dvariance}, row);
  const int dsquare = b.op("broadcast_to", "", "broadcast(%26)", {dvariance_mean}, matrix);
  const int two_c = b.op("mul_scalar", "", "2 · c", {n.c}, matrix);
  const int dc_variance = b.op("mul", "", "%27 · %28", {dsquare, two_c}, matrix);
  b.in("batch_norm/mean");
  const int dc = b.op("add", "", "%18 + %29", {dc_direct, dc_variance}, matrix);
  const int dc_sum = b.op("sum_to", "", "Σ %30", {dc}, row);
  const int dmean = b.op("neg", "", "−%31", {dc_sum}, row);
  const int dmean_mean = b.op("div_scalar", "", "%32 / 64", {dmean}, row);
  const int dx_mean = b.op("broadcast_to", "", "broadcast(%33)", {dmean_mean}, matrix);
  b.op("add", "dx", "%30 + %34", {dc, dx_mean}, matrix);
  return b.graph();
}

Graph fused_batch_norm() {
  GraphBuilder b;
  const int x = b.leaf("x", matrix), gamma = b.leaf("γ", row), beta = b.leaf("β", row);
  const int y = b.in("batch_norm").op("batch_norm", "y", "", {x, gamma, beta}, matrix);
  b.saves(y, {x, gamma});
  GraphNode& node = b.at(y);
  node.fused = true;
  node.forward_ns = 14200;
  node.backward_ns = 17900;
  const std::size_t bytes = static_cast<std::size_t>(row.size()) * sizeof(float);
  node.saved.push_back({.name = "mean", .shape = row, .bytes = bytes, .buffer = 100});
  node.saved.push_back({.name = "inv_std", .shape = row, .bytes = bytes, .buffer = 101});
  node.text.forward = {{{"μ, σ² in one sweep over x", ""}},
                       {{"r = 1 / √(σ² + ε)", ""}},
                       {{"y = γ x̂ + β,  x̂ = (x − μ) r", ""}}};
  node.text.backward = {{{"∂β = Σ ∂y,  ∂γ = Σ x̂ ⊙ ∂y", ""}},
                        {{"∂x = γ r / m · ( ", ""},
                         {"m ∂y", "direct"},
                         {" − ", ""},
                         {"∂β", "mean"},
                         {" − ", ""},
                         {"x̂ ∂γ", "variance"},
                         {" )", ""}}};
  return b.graph();
}

Graph chain(int ops) {
  GraphBuilder b;
  int last = b.leaf("x", {3, 5});
  for (int i = 0; i < ops; ++i)
    last = b.op("tanh", "", "tanh(%" + std::to_string(last) + ")", {last}, {3, 5});
  return b.graph();
}

}  // namespace wengert::testing
