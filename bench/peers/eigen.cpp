// SPDX-License-Identifier: MIT
// What one would write with Eigen in ten minutes: array expressions, one thread. Rows of an inner run per
// image and channel for NCHW, a row per pixel otherwise.
#include <bench/peers/contender.h>

#include <Eigen/Core>

namespace wengert::bench {
namespace {

template <class T>
class NaiveEigen final : public Contender<T> {
 public:
  explicit NaiveEigen(Problem<T>& p) : Contender<T>("eigen", Role::peer), p_(p), view_(p.dimensions.view()) {}

  void forward() override {
    const bool columns = view_.inner == 1;
    const auto n = static_cast<T>(view_.count());
    mean_ = columns ? Row(x().colwise().sum() / n) : channel_sums(x()) / n;
    Row var = Row::Zero(view_.channels);
    if (columns) {
      var = (x().rowwise() - mean_).square().colwise().sum() / n;
    } else {
      for (Index r = 0; r < view_.outer * view_.channels; ++r) {
        var[r % view_.channels] += (x().row(r) - mean_[r % view_.channels]).square().sum() / n;
      }
    }
    inv_std_ = (var + static_cast<T>(p_.eps)).rsqrt();
    const Row slope = inv_std_ * gamma();
    if (columns) {
      y() = ((x().rowwise() - mean_).rowwise() * slope).rowwise() + beta();
    } else {
      for (Index r = 0; r < view_.outer * view_.channels; ++r) {
        const Index c = r % view_.channels;
        y().row(r) = (x().row(r) - mean_[c]) * slope[c] + beta()[c];
      }
    }
  }

  void backward() override {
    const bool columns = view_.inner == 1;
    const auto n = static_cast<T>(view_.count());
    if (columns) {
      dbeta_ = dy().colwise().sum();
      dgamma_ = (dy() * (x().rowwise() - mean_)).colwise().sum() * inv_std_;
    } else {
      dbeta_ = channel_sums(dy());
      dgamma_ = Row::Zero(view_.channels);
      for (Index r = 0; r < view_.outer * view_.channels; ++r) {
        const Index c = r % view_.channels;
        dgamma_[c] += (dy().row(r) * (x().row(r) - mean_[c])).sum() * inv_std_[c];
      }
    }
    const Row direct = gamma() * inv_std_, of_mean = dbeta_ / n, of_var = inv_std_ * dgamma_ / n;
    if (columns) {
      dx() = ((dy().rowwise() - of_mean) - (x().rowwise() - mean_).rowwise() * of_var).rowwise() * direct;
    } else {
      for (Index r = 0; r < view_.outer * view_.channels; ++r) {
        const Index c = r % view_.channels;
        dx().row(r) = ((dy().row(r) - of_mean[c]) - (x().row(r) - mean_[c]) * of_var[c]) * direct[c];
      }
    }
  }

  Outputs<T> outputs() override { return {p_.y.get(), p_.dx.get(), dgamma_.data(), dbeta_.data()}; }

 private:
  using Row = Eigen::Array<T, 1, Eigen::Dynamic>;
  using Map = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

  // [pixels, C], or a row for each image and channel.
  Map map(T* data) const {
    return view_.inner == 1 ? Map(data, view_.outer, view_.channels)
                            : Map(data, view_.outer * view_.channels, view_.inner);
  }
  Map x() const { return map(p_.x.get()); }
  Map dy() const { return map(p_.dy.get()); }
  Map y() const { return map(p_.y.get()); }
  Map dx() const { return map(p_.dx.get()); }
  Eigen::Map<const Row> gamma() const { return {p_.gamma.data(), view_.channels}; }
  Eigen::Map<const Row> beta() const { return {p_.beta.data(), view_.channels}; }
  Row channel_sums(Map rows) const {
    Row sums = Row::Zero(view_.channels);
    for (Index r = 0; r < rows.rows(); ++r) sums[r % view_.channels] += rows.row(r).sum();
    return sums;
  }

  Problem<T>& p_;
  kernels::ChannelView view_;
  Row mean_, inv_std_, dgamma_, dbeta_;
};

}  // namespace

template <class T>
void add_eigen(Contenders<T>& to, Problem<T>& p, int threads) {
  if (threads == 1) to.push_back(std::make_unique<NaiveEigen<T>>(p));
}

template void add_eigen(Contenders<float>&, Problem<float>&, int);
template void add_eigen(Contenders<double>&, Problem<double>&, int);

}  // namespace wengert::bench
