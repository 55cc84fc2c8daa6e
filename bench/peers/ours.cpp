// SPDX-License-Identifier: MIT
// The fused kernels on plain memory, and both forms on a fresh tape each step.
#include <autodiff/backward.h>
#include <bench/peers/contender.h>
#include <layers/batch_norm.h>
#include <layers/kernels/batch_norm.h>

#include <optional>

namespace wengert::bench {
namespace {

template <class T>
class Kernel final : public Contender<T> {
 public:
  explicit Kernel(Problem<T>& p)
      : Contender<T>("kernel", Role::ours), p_(p), statistics_(6, std::vector<T>(p.gamma.size())) {}

  void forward() override {
    kernels::batch_norm_forward<T>(p_.dimensions.view(), p_.x.get(), p_.gamma.data(), p_.beta.data(),
                                   static_cast<T>(p_.eps), p_.y.get(),
                                   {channel(0), channel(1), channel(2), channel(3)});
  }
  void backward() override {
    kernels::batch_norm_backward<T>(p_.dimensions.view(), p_.x.get(), p_.dy.get(), p_.gamma.data(),
                                    channel(0), channel(1), channel(3), p_.dx.get(), channel(4), channel(5));
  }
  Outputs<T> outputs() override { return {p_.y.get(), p_.dx.get(), channel(4), channel(5)}; }

 private:
  T* channel(std::size_t i) { return statistics_[i].data(); }

  Problem<T>& p_;
  std::vector<std::vector<T>> statistics_;
};

Shape shape_of(const Dimensions& d) {
  if (d.layout == Layout::nc) return {d.n, d.c};
  if (d.layout == Layout::nchw) return {d.n, d.c, d.h, d.w};
  return {d.n, d.h, d.w, d.c};
}

template <class T>
using Form = BatchNormResult<T> (*)(Var<T>, OptionalVar<T>, OptionalVar<T>, BatchNormOptions);

template <class T>
class OnTape final : public Contender<T> {
 public:
  OnTape(std::string name, Problem<T>& p, Form<T> form)
      : Contender<T>(std::move(name), Role::ours),
        form_(form),
        x_(Tensor<T>::borrow(p.x.get(), shape_of(p.dimensions))),
        dy_(Tensor<T>::borrow(p.dy.get(), shape_of(p.dimensions))),
        gamma_(Tensor<T>::borrow(p.gamma.data(), {p.dimensions.c})),
        beta_(Tensor<T>::borrow(p.beta.data(), {p.dimensions.c})),
        options_{.eps = p.eps, .channel_axis = p.dimensions.layout == Layout::nhwc ? -1 : 1} {}

  void forward() override {
    gradients_ = Gradients<T>();
    step_.reset();
    step_.emplace();
    Step& s = *step_;
    s.x = s.tape.leaf(x_, "x"), s.gamma = s.tape.leaf(gamma_, "gamma"), s.beta = s.tape.leaf(beta_, "beta");
    s.y = form_(s.x, s.gamma, s.beta, options_).y;
  }
  void backward() override { gradients_ = wengert::backward(step_->y, dy_); }
  Outputs<T> outputs() override {
    const Step& s = *step_;
    return {s.y.value().data(), gradients_[s.x].data(), gradients_[s.gamma].data(),
            gradients_[s.beta].data()};
  }

 private:
  struct Step {
    Tape<T> tape;
    Var<T> x, gamma, beta, y;
  };
  Form<T> form_;
  Tensor<T> x_, dy_, gamma_, beta_;
  BatchNormOptions options_;
  std::optional<Step> step_;
  Gradients<T> gradients_;
};

}  // namespace

template <class T>
void add_ours(Contenders<T>& to, Problem<T>& p, int) {
  to.push_back(std::make_unique<Kernel<T>>(p));
  to.push_back(std::make_unique<OnTape<T>>("fused", p, &fused::batch_norm<T>));
  to.push_back(std::make_unique<OnTape<T>>("staged", p, &staged::batch_norm<T>));
}

template void add_ours(Contenders<float>&, Problem<float>&, int);
template void add_ours(Contenders<double>&, Problem<double>&, int);

}  // namespace wengert::bench
