// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <bench/norms/norm_case.h>
#include <layers/group_norm.h>
#include <layers/instance_norm.h>
#include <layers/kernels/group_norm_reference.h>
#include <layers/layer_norm.h>
#include <layers/rms_norm.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace wengert::bench {
namespace {

// Room for what the kernels write per group and per channel.
template <class T>
struct Scratch {
  explicit Scratch(const NormCase& c)
      : centred(c.norm != Norm::rms),
        mean(static_cast<std::size_t>(c.view().statistics())),
        mean_lo(mean),
        var(mean),
        inv_std(mean),
        dgamma(static_cast<std::size_t>(c.view().channels)),
        dbeta(dgamma) {}

  kernels::GroupNormStatistics<T> statistics() { return {hi(), lo(), var.data(), inv_std.data()}; }
  T* hi() { return centred ? mean.data() : nullptr; }
  T* lo() { return centred ? mean_lo.data() : nullptr; }

  bool centred;
  std::vector<T> mean, mean_lo, var, inv_std, dgamma, dbeta;
};

template <class T>
class NormKernel final : public Contender<T> {
 public:
  NormKernel(const NormCase& c, Problem<T>& p)
      : Contender<T>("kernel", Role::ours), view_(c.view()), p_(p), s_(c) {}

  void forward() override {
    kernels::group_norm_forward<T>(view_, p_.x.get(), p_.gamma.data(), s_.centred ? p_.beta.data() : nullptr,
                                   static_cast<T>(p_.eps), p_.y.get(), s_.statistics());
  }
  void backward() override {
    kernels::group_norm_backward<T>(view_, p_.x.get(), p_.dy.get(), p_.gamma.data(), s_.hi(), s_.lo(),
                                    s_.inv_std.data(), p_.dx.get(), s_.dgamma.data(),
                                    s_.centred ? s_.dbeta.data() : nullptr);
  }
  Outputs<T> outputs() override {
    return {p_.y.get(), p_.dx.get(), s_.dgamma.data(), s_.centred ? s_.dbeta.data() : nullptr};
  }

 private:
  kernels::GroupView view_;
  Problem<T>& p_;
  Scratch<T> s_;
};

Shape shape_of(const Dimensions& d) {
  if (d.layout == Layout::nc) return {d.n, d.c};
  if (d.layout == Layout::nchw) return {d.n, d.c, d.h, d.w};
  return {d.n, d.h, d.w, d.c};
}

template <class T>
class NormOnTape final : public Contender<T> {
 public:
  NormOnTape(const NormCase& c, Problem<T>& p, bool is_fused)
      : Contender<T>(is_fused ? "fused" : "staged", Role::ours),
        case_(c),
        is_fused_(is_fused),
        eps_(p.eps),
        x_(Tensor<T>::borrow(p.x.get(), shape_of(p.dimensions))),
        dy_(Tensor<T>::borrow(p.dy.get(), shape_of(p.dimensions))),
        gamma_(Tensor<T>::borrow(p.gamma.data(), {p.dimensions.c})),
        beta_(Tensor<T>::borrow(p.beta.data(), {p.dimensions.c})) {}

  void forward() override {
    gradients_ = Gradients<T>();
    step_.reset();
    step_.emplace();
    Step& s = *step_;
    s.x = s.tape.leaf(x_, "x"), s.gamma = s.tape.leaf(gamma_, "gamma"), s.beta = s.tape.leaf(beta_, "beta");
    s.y = output(s.x, s.gamma, s.beta);
  }
  void backward() override { gradients_ = wengert::backward(step_->y, dy_); }
  Outputs<T> outputs() override {
    const Step& s = *step_;
    return {s.y.value().data(), gradients_[s.x].data(), gradients_[s.gamma].data(),
            case_.norm == Norm::rms ? nullptr : gradients_[s.beta].data()};
  }

 private:
  struct Step {
    Tape<T> tape;
    Var<T> x, gamma, beta, y;
  };

  Var<T> output(const Var<T>& x, const Var<T>& gamma, const Var<T>& beta) const {
    const int axis = case_.dimensions.layout == Layout::nhwc ? -1 : 1;
    const GroupNormOptions of_groups{
        .groups = static_cast<int>(case_.groups), .eps = eps_, .channel_axis = axis};
    const InstanceNormOptions of_channels{.eps = eps_, .channel_axis = axis};
    switch (case_.norm) {
      case Norm::rms:
        return is_fused_ ? fused::rms_norm<T>(x, gamma, {.eps = eps_}).y
                         : staged::rms_norm<T>(x, gamma, {.eps = eps_}).y;
      case Norm::group:
        return is_fused_ ? fused::group_norm<T>(x, gamma, beta, of_groups).y
                         : staged::group_norm<T>(x, gamma, beta, of_groups).y;
      case Norm::instance:
        return is_fused_ ? fused::instance_norm<T>(x, gamma, beta, of_channels).y
                         : staged::instance_norm<T>(x, gamma, beta, of_channels).y;
      case Norm::layer:
        break;
    }
    return is_fused_ ? fused::layer_norm<T>(x, gamma, beta, {.eps = eps_}).y
                     : staged::layer_norm<T>(x, gamma, beta, {.eps = eps_}).y;
  }

  NormCase case_;
  bool is_fused_;
  double eps_;
  Tensor<T> x_, dy_, gamma_, beta_;
  std::optional<Step> step_;
  Gradients<T> gradients_;
};

template <class T>
double relative_error(const T* got, const T* expected, Index n) {
  double error = 0, largest = 0;
  for (Index i = 0; got != nullptr && i < n; ++i) {
    const double difference = std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i]));
    if (!(difference <= error)) error = difference;  // NaN stays
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
  }
  return error == 0 ? 0 : error / largest;
}

}  // namespace

template <class T>
void add_norm_contenders(Contenders<T>& to, const NormCase& c, Problem<T>& problem) {
  to.push_back(std::make_unique<NormKernel<T>>(c, problem));
  to.push_back(std::make_unique<NormOnTape<T>>(c, problem, true));
  to.push_back(std::make_unique<NormOnTape<T>>(c, problem, false));
}

template <class T>
double error_of(const NormCase& c, const Problem<T>& p, const Outputs<T>& got) {
  namespace plain = kernels::reference;
  Scratch<T> s(c);
  std::vector<T> y(static_cast<std::size_t>(p.size())), dx(y);
  plain::group_norm_forward<T>(c.view(), p.x.get(), p.gamma.data(), s.centred ? p.beta.data() : nullptr,
                               static_cast<T>(p.eps), y.data(), s.statistics());
  plain::group_norm_backward<T>(c.view(), p.x.get(), p.dy.get(), p.gamma.data(), s.hi(), s.lo(),
                                s.inv_std.data(), dx.data(), s.dgamma.data(), s.dbeta.data());
  return std::max({relative_error(got.y, y.data(), p.size()), relative_error(got.dx, dx.data(), p.size()),
                   relative_error(got.dgamma, s.dgamma.data(), c.view().channels),
                   relative_error(got.dbeta, s.dbeta.data(), c.view().channels)});
}

template void add_norm_contenders(Contenders<float>&, const NormCase&, Problem<float>&);
template void add_norm_contenders(Contenders<double>&, const NormCase&, Problem<double>&);
template double error_of(const NormCase&, const Problem<float>&, const Outputs<float>&);
template double error_of(const NormCase&, const Problem<double>&, const Outputs<double>&);

}  // namespace wengert::bench
