// SPDX-License-Identifier: MIT
// The mistakes that batch norms are known for, planted one at a time: the reference vectors find each of
// them, and the same code without the mistake passes.
#include <autodiff/backward.h>
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <layers/batch_norm_eval.h>
#include <layers/modules/batch_norm.h>
#include <tests/conformance/reference_folder.h>
#include <tests/support/catch.h>
#include <tests/support/faulty_batch_norm.h>
#include <tools/conform/norm_case.h>
#include <tools/conform/run.h>

#include <algorithm>
#include <cmath>

using namespace wengert;
using namespace wengert::conform;

namespace {

using Real = Tensor<double>;
using Names = std::vector<std::string>;

Case named(const std::vector<Case>& cases, const std::string& name) {
  return *std::ranges::find(cases, name, &Case::name);
}

Names failed(const Case& c, const Npz& arrays, const Outputs<double>& outputs) {
  Names names;
  for (const Verdict& verdict : judge(c, arrays, outputs).verdicts) {
    if (!verdict.passed()) names.push_back(verdict.output);
  }
  return names;
}

// The sequence by plain steps, with a mistake or without.
enum class InState { none, biased_variance, stale_in_evaluation, momentum_the_other_way };

Outputs<double> sequence(const Case& c, const Npz& arrays, InState fault) {
  const double m = fault == InState::momentum_the_other_way ? 1 - *c.momentum : *c.momentum;
  Real mean = arrays.read<double>("running_mean_0"), var = arrays.read<double>("running_var_0");
  Real stale_mean = mean, stale_var = var;
  Outputs<double> out;
  for (int step = 1; step <= c.steps; ++step) {
    const Real x = arrays.read<double>("x_" + std::to_string(step));
    const auto batch = fused::batch_norm<double>(x, {}, {}, {.eps = c.eps});
    const double n = static_cast<double>(x.size() / mean.size());
    const double factor = fault == InState::biased_variance ? 1 : n / (n - 1);
    stale_mean = mean;
    stale_var = var;
    mean = (Var<double>(mean) * (1 - m) + Var<double>(batch.mean) * m).value();
    var = (Var<double>(var) * (1 - m) + Var<double>(batch.var) * (m * factor)).value();
    out["running_mean_" + std::to_string(step)] = mean;
    out["running_var_" + std::to_string(step)] = var;
  }
  const bool stale = fault == InState::stale_in_evaluation;
  out["y_eval"] =
      fused::batch_norm_eval<double>(arrays.read<double>("x_eval"), {}, {}, stale ? stale_mean : mean,
                                     stale ? stale_var : var, {.eps = c.eps})
          .y.value();
  return out;
}

// Batch normalisation as ops, with eps where it belongs or outside the root.
LayerUnderTest<double> with_eps(double eps, bool outside) {
  LayerUnderTest<double> layer;
  layer.run = [=](const Var<double>& x, const auto& gamma, const auto& beta) {
    const Var<double> mu = mean(x, {0}, keep_dims);
    mark(mu, "mean");
    const Var<double> centred = x - mu;
    const Var<double> var = mean(square(centred), {0}, keep_dims);
    mark(var, "variance");
    const Var<double> inv_std = outside ? reciprocal(sqrt(var) + eps) : reciprocal(sqrt(var + eps));
    return LayerOutput<double>{centred * inv_std * *gamma + *beta, {}};
  };
  return layer;
}

// A layer that steps its statistics whenever its function runs: a second-order pass runs it once more.
class SteppingBatchNorm {
 public:
  explicit SteppingBatchNorm(BatchNorm<double>& state) : state_(state) {}

  Var<double> operator()(const Var<double>& x) {
    return fuse<double>({.op = "stepping_batch_norm",
                         .inputs = {{"x", x}},
                         .forward = [&](Saved<double>&) { return run(Var<double>(x.value())).value(); },
                         .vjp =
                             [](const Saved<double>& s, const Real& dy) {
                               Tape<double> tape;
                               const Var<double> in = tape.leaf(s["x"]);
                               return std::vector{backward(staged::batch_norm<double>(in, {}, {}).y, dy)[in]};
                             },
                         .staged = [this](std::span<const Var<double>> in) { return run(in[0]); }});
  }

 private:
  Var<double> run(const Var<double>& x) {
    auto batch = state_.forward(x);
    state_.update(batch);
    return batch.y;
  }
  BatchNorm<double>& state_;
};

}  // namespace

TEST_CASE("planted: stale statistics, a biased running variance and the other sense of momentum are found",
          "[conformance][faults]") {
  const Case c = named(load_sequences(carried_cases()), "seq_bn_nc");
  const Npz arrays(c.file);
  CHECK(failed(c, arrays, sequence(c, arrays, InState::none)).empty());
  CHECK(failed(c, arrays, sequence(c, arrays, InState::stale_in_evaluation)) == Names{"y_eval"});
  CHECK(failed(c, arrays, sequence(c, arrays, InState::biased_variance)) ==
        Names{"running_var_1", "running_var_2", "running_var_3", "running_var_4", "y_eval"});
  CHECK(failed(c, arrays, sequence(c, arrays, InState::momentum_the_other_way)).size() == 9);
}

TEST_CASE("planted: eps outside the root is found in the value, the statistics and every derivative",
          "[conformance][faults]") {
  const Case c = named(load_cases(carried_cases()), "bn_nc_basic");
  const Npz arrays(c.file);
  CHECK(failed(c, arrays, norm_outputs(c, arrays, with_eps(c.eps, false))).empty());
  const Names names = failed(c, arrays, norm_outputs(c, arrays, with_eps(c.eps, true)));
  for (const char* output : {"y", "dx", "dx_direct", "dx_var", "dgamma", "ddx", "jvp_y"}) {
    INFO(output);
    CHECK(std::ranges::find(names, output) != names.end());
  }
}

TEST_CASE("planted: N - 1 in the variance path of the gradient is found in dx, and only there",
          "[conformance][faults]") {
  const Case c = named(load_cases(carried_cases()), "bn_nc_basic");
  const Npz arrays(c.file);
  const auto gradients = [&](test::Fault fault) {
    const std::vector<Real> all = test::faulty_vjp<double>(
        fault, c.eps, arrays.read<double>("x"), arrays.read<double>("gamma"), arrays.read<double>("dy"));
    return Outputs<double>{{"dx", all[0]}, {"dgamma", all[1]}, {"dbeta", all[2]}};
  };
  CHECK(failed(c, arrays, gradients(test::Fault::none)).empty());
  CHECK(failed(c, arrays, gradients(test::Fault::variance_over_n_minus_1)) == Names{"dx"});
  CHECK(failed(c, arrays, gradients(test::Fault::no_mean_term)) == Names{"dx"});
}

TEST_CASE("planted: statistics that a second-order pass steps once more are found", "[conformance][faults]") {
  const Case c = named(load_cases(carried_cases()), "bn_nc_basic");
  const Npz arrays(c.file);
  const Real x = arrays.read<double>("x"), v = arrays.read<double>("v");
  BatchNorm<double> module({.channels = x.shape()[1], .eps = c.eps, .momentum = c.momentum, .affine = false});
  const State<double> start{{"running_mean", arrays.read<double>("running_mean")},
                            {"running_var", arrays.read<double>("running_var")},
                            {"num_batches_tracked", Real::scalar(0)}};
  const auto running = [&] {
    return Outputs<double>{{"running_mean_out", module.running().mean()},
                           {"running_var_out", module.running().var()}};
  };
  const auto second_order_pass = [&](const auto& layer) {
    module.load_state(start);
    Tape<double> tape;
    const Var<double> in = tape.leaf(x);
    const Var<double> y = layer(in);
    hvp<double>(sum(square(y) * y), std::vector{in}, std::vector{v});
  };
  second_order_pass([&](const Var<double>& in) {
    const auto batch = module.forward(in);
    module.update(batch);
    return batch.y;
  });
  CHECK(module.running().batches() == 1);
  CHECK(failed(c, arrays, running()).empty());

  SteppingBatchNorm stepping(module);
  second_order_pass([&](const Var<double>& in) { return stepping(in); });
  CHECK(module.running().batches() == 2);
  CHECK(failed(c, arrays, running()) == Names{"running_mean_out", "running_var_out"});
}
