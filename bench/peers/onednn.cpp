// SPDX-License-Identifier: MIT
// oneDNN, float32 only: in the problem's own layout, and in its private blocked one without the reorder.
// Where a problem can be described in several ways, the fastest of a short trial runs.
#include <bench/peers/contender.h>
#include <omp.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <oneapi/dnnl/dnnl.hpp>
#include <type_traits>
#include <unordered_map>

namespace wengert::bench {
namespace {

using Tag = dnnl::memory::format_tag;
using Arguments = std::unordered_map<int, dnnl::memory>;

// One description of the problem: extents and layout.
struct Description {
  dnnl::memory::dims dims;
  Tag tag;
};

std::vector<Description> plain_descriptions(const Dimensions& d) {
  if (d.layout == Layout::nchw) return {{{d.n, d.c, d.h, d.w}, Tag::nchw}};
  if (d.layout == Layout::nhwc) return {{{d.n, d.c, d.h, d.w}, Tag::nhwc}};
  return {{{d.n, d.c}, Tag::nc}, {{d.n, d.c, 1, 1}, Tag::nhwc}, {{1, d.c, d.n, 1}, Tag::nhwc}};
}

std::vector<Description> blocked_descriptions(const Dimensions& d) {
  if (d.layout == Layout::nhwc) return {};
  const dnnl::memory::dims dims{d.n, d.c, d.h, d.w};
  return {{dims, Tag::nChw8c}, {dims, Tag::nChw16c}};
}

class OneDnn final : public Contender<float> {
 public:
  OneDnn(std::string name, Role role, Problem<float>& p, const Description& description)
      : Contender<float>(std::move(name), role),
        p_(p),
        own_memory_(role == Role::private_layout),
        plain_(p.dimensions.layout == Layout::nchw
                   ? memory_desc(description.dims, Tag::nchw)
                   : memory_desc(description.dims, description.dims.size() == 2 ? Tag::nc : Tag::nhwc)) {
    using Forward = dnnl::batch_normalization_forward;
    using Backward = dnnl::batch_normalization_backward;
    const auto data = memory_desc(description.dims, description.tag);
    const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
    const auto eps = static_cast<float>(p.eps);
    const Forward::primitive_desc forward(Forward::desc(dnnl::prop_kind::forward_training, data, eps, flags),
                                          engine_);
    const Backward::primitive_desc backward(Backward::desc(dnnl::prop_kind::backward, data, data, eps, flags),
                                            engine_, forward);
    forward_ = Forward(forward);
    backward_ = Backward(backward);

    const auto channel = memory_desc({p.dimensions.c}, Tag::a);
    const dnnl::memory x = tensor(data, p.x.get()), dy = tensor(data, p.dy.get());
    y_ = tensor(data, p.y.get());
    dx_ = tensor(data, p.dx.get());
    dgamma_ = dnnl::memory(channel, engine_);
    dbeta_ = dnnl::memory(channel, engine_);
    const dnnl::memory gamma(channel, engine_, p.gamma.data()), beta(channel, engine_, p.beta.data());
    const dnnl::memory mean(forward.mean_desc(), engine_), var(forward.variance_desc(), engine_);
    if (own_memory_) reorder_inputs(x, dy);
    forward_arguments_ = {{DNNL_ARG_SRC, x},     {DNNL_ARG_SCALE, gamma},  {DNNL_ARG_SHIFT, beta},
                          {DNNL_ARG_MEAN, mean}, {DNNL_ARG_VARIANCE, var}, {DNNL_ARG_DST, y_}};
    backward_arguments_ = {
        {DNNL_ARG_SRC, x},        {DNNL_ARG_SHIFT, beta},         {DNNL_ARG_DIFF_DST, dy},
        {DNNL_ARG_SCALE, gamma},  {DNNL_ARG_MEAN, mean},          {DNNL_ARG_VARIANCE, var},
        {DNNL_ARG_DIFF_SRC, dx_}, {DNNL_ARG_DIFF_SCALE, dgamma_}, {DNNL_ARG_DIFF_SHIFT, dbeta_}};
  }

  void forward() override {
    forward_.execute(stream_, forward_arguments_);
    stream_.wait();
  }
  void backward() override {
    backward_.execute(stream_, backward_arguments_);
    stream_.wait();
  }
  Outputs<float> outputs() override {
    if (own_memory_) {
      reorder(y_, dnnl::memory(plain_, engine_, p_.y.get()));
      reorder(dx_, dnnl::memory(plain_, engine_, p_.dx.get()));
    }
    return {p_.y.get(), p_.dx.get(), static_cast<float*>(dgamma_.get_data_handle()),
            static_cast<float*>(dbeta_.get_data_handle())};
  }

 private:
  static dnnl::memory::desc memory_desc(const dnnl::memory::dims& dims, Tag tag) {
    return {dims, dnnl::memory::data_type::f32, tag};
  }
  dnnl::memory tensor(const dnnl::memory::desc& desc, float* data) {
    return own_memory_ ? dnnl::memory(desc, engine_) : dnnl::memory(desc, engine_, data);
  }
  void reorder(const dnnl::memory& from, const dnnl::memory& to) {
    dnnl::memory source = from, target = to;
    dnnl::reorder(source, target).execute(stream_, source, target);
    stream_.wait();
  }
  void reorder_inputs(const dnnl::memory& x, const dnnl::memory& dy) {
    reorder(dnnl::memory(plain_, engine_, p_.x.get()), x);
    reorder(dnnl::memory(plain_, engine_, p_.dy.get()), dy);
  }

  Problem<float>& p_;
  bool own_memory_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  dnnl::memory::desc plain_;
  dnnl::primitive forward_, backward_;
  dnnl::memory y_, dx_, dgamma_, dbeta_;
  Arguments forward_arguments_, backward_arguments_;
};

double fastest_step(OneDnn& contender) {
  double best = 1e30;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    contender.forward();
    contender.backward();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

void add_fastest(Contenders<float>& to, const std::string& name, Role role, Problem<float>& p,
                 const std::vector<Description>& descriptions) {
  std::unique_ptr<OneDnn> best;
  double best_time = 1e30;
  std::string problem;
  for (const Description& description : descriptions) {
    try {
      auto candidate = std::make_unique<OneDnn>(name, role, p, description);
      const double time = fastest_step(*candidate);
      if (time < best_time) best_time = time, best = std::move(candidate);
    } catch (const dnnl::error& error) {
      problem = error.what();
    }
  }
  if (!best && !problem.empty()) {
    std::fprintf(stderr, "peers: %s of %s: %s\n", name.c_str(), to_string(p.dimensions).c_str(),
                 problem.c_str());
  }
  if (best) to.push_back(std::move(best));
}

}  // namespace

template <class T>
void add_onednn(Contenders<T>& to, Problem<T>& p, int threads) {
  omp_set_num_threads(threads);
  if constexpr (std::is_same_v<T, float>) {
    add_fastest(to, "onednn", Role::peer, p, plain_descriptions(p.dimensions));
    add_fastest(to, "onednn-blocked", Role::private_layout, p, blocked_descriptions(p.dimensions));
  }
}

std::string onednn_version() {
  const dnnl_version_t* v = dnnl_version();
  return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
         std::to_string(v->patch);
}

template void add_onednn(Contenders<float>&, Problem<float>&, int);
template void add_onednn(Contenders<double>&, Problem<double>&, int);

}  // namespace wengert::bench
