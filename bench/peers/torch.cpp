// SPDX-License-Identifier: MIT
// PyTorch: its fused kernels called directly, the same through autograd, and the formula as a graph of small
// operations. Outputs come from its allocator, fresh each step, as they do for everyone who uses it.
#include <bench/peers/contender.h>
#include <torch/torch.h>
#include <torch/version.h>

#include <cstdint>

namespace wengert::bench {
namespace {

template <class T>
constexpr auto dtype = std::is_same_v<T, float> ? torch::kFloat32 : torch::kFloat64;

// The problem's tensors as PyTorch sees them: NHWC is [N, C, H, W] with the strides of channels_last.
template <class T>
struct TorchProblem {
  torch::Tensor x, dy, gamma, beta;
  double eps;
  Index channels;
  std::vector<std::int64_t> others, parameter;

  explicit TorchProblem(Problem<T>& p) : eps(p.eps), channels(p.dimensions.c) {
    const Dimensions& d = p.dimensions;
    const auto options = torch::TensorOptions().dtype(dtype<T>);
    const auto tensor = [&](T* data) {
      if (d.layout == Layout::nc) return torch::from_blob(data, {d.n, d.c}, options);
      if (d.layout == Layout::nchw) return torch::from_blob(data, {d.n, d.c, d.h, d.w}, options);
      return torch::from_blob(data, {d.n, d.c, d.h, d.w}, {d.c * d.h * d.w, 1, d.w * d.c, d.c}, options);
    };
    x = tensor(p.x.get());
    dy = tensor(p.dy.get());
    gamma = torch::from_blob(p.gamma.data(), {d.c}, options);
    beta = torch::from_blob(p.beta.data(), {d.c}, options);
    others = d.layout == Layout::nc ? std::vector<std::int64_t>{0} : std::vector<std::int64_t>{0, 2, 3};
    parameter =
        d.layout == Layout::nc ? std::vector<std::int64_t>{1, d.c} : std::vector<std::int64_t>{1, d.c, 1, 1};
  }
};

// In the problem's order of memory; a copy where PyTorch chose another one.
template <class T>
const T* in_order_of(torch::Tensor& result, const torch::Tensor& like) {
  if (result.dim() == 4) {
    result = result.contiguous(like.is_contiguous() ? at::MemoryFormat::Contiguous
                                                    : at::MemoryFormat::ChannelsLast);
  } else {
    result = result.contiguous();
  }
  return result.template data_ptr<T>();
}

template <class T>
class TorchFused final : public Contender<T> {
 public:
  explicit TorchFused(Problem<T>& p) : Contender<T>("torch-fused", Role::peer), p_(p) {}

  void forward() override {
    const torch::NoGradGuard no_grad;
    std::tie(y_, mean_, inv_std_) = at::native_batch_norm(p_.x, p_.gamma, p_.beta, {}, {}, true, 0.1, p_.eps);
  }
  void backward() override {
    const torch::NoGradGuard no_grad;
    std::tie(dx_, dgamma_, dbeta_) = at::native_batch_norm_backward(
        p_.dy, p_.x, p_.gamma, {}, {}, mean_, inv_std_, true, p_.eps, {true, true, true});
  }
  Outputs<T> outputs() override {
    return {in_order_of<T>(y_, p_.x), in_order_of<T>(dx_, p_.x), dgamma_.template data_ptr<T>(),
            dbeta_.template data_ptr<T>()};
  }

 private:
  TorchProblem<T> p_;
  torch::Tensor y_, mean_, inv_std_, dx_, dgamma_, dbeta_;
};

template <class T>
class TorchGraph final : public Contender<T> {
 public:
  using Formula = torch::Tensor (*)(const TorchProblem<T>&, const torch::Tensor& x,
                                    const torch::Tensor& gamma, const torch::Tensor& beta);
  TorchGraph(std::string name, Role role, Problem<T>& p, Formula formula)
      : Contender<T>(std::move(name), role), p_(p), formula_(formula) {}

  void forward() override {
    gradients_.clear();
    x_ = p_.x.detach().requires_grad_();
    gamma_ = p_.gamma.detach().requires_grad_();
    beta_ = p_.beta.detach().requires_grad_();
    y_ = formula_(p_, x_, gamma_, beta_);
  }
  void backward() override { gradients_ = torch::autograd::grad({y_}, {x_, gamma_, beta_}, {p_.dy}); }
  Outputs<T> outputs() override {
    value_ = y_.detach();
    return {in_order_of<T>(value_, p_.x), in_order_of<T>(gradients_[0], p_.x),
            gradients_[1].template data_ptr<T>(), gradients_[2].template data_ptr<T>()};
  }

 private:
  TorchProblem<T> p_;
  Formula formula_;
  torch::Tensor x_, gamma_, beta_, y_, value_;
  std::vector<torch::Tensor> gradients_;
};

template <class T>
torch::Tensor library_form(const TorchProblem<T>& p, const torch::Tensor& x, const torch::Tensor& gamma,
                           const torch::Tensor& beta) {
  return torch::batch_norm(x, gamma, beta, {}, {}, true, 0.1, p.eps, false);
}

template <class T>
torch::Tensor staged_form(const TorchProblem<T>& p, const torch::Tensor& x, const torch::Tensor& gamma,
                          const torch::Tensor& beta) {
  const torch::Tensor centred = x - x.mean(p.others, true);
  const torch::Tensor var = (centred * centred).mean(p.others, true);
  const torch::Tensor inv_std = 1 / torch::sqrt(var + p.eps);
  return centred * inv_std * gamma.view(p.parameter) + beta.view(p.parameter);
}

}  // namespace

template <class T>
void add_torch(Contenders<T>& to, Problem<T>& p, int threads) {
  at::set_num_threads(threads);
  to.push_back(std::make_unique<TorchFused<T>>(p));
  to.push_back(std::make_unique<TorchGraph<T>>("torch-autograd", Role::peer, p, library_form<T>));
  to.push_back(std::make_unique<TorchGraph<T>>("torch-staged", Role::staged_peer, p, staged_form<T>));
}

std::string torch_version() { return "PyTorch " TORCH_VERSION; }

template void add_torch(Contenders<float>&, Problem<float>&, int);
template void add_torch(Contenders<double>&, Problem<double>&, int);

}  // namespace wengert::bench
