// SPDX-License-Identifier: MIT
// The third contender: batch normalisation as the note writes it, as whole-array Eigen expressions:
//   dx = term1 + term2 + term3
// N. Patel, "An Analytical Approach to Batch Normalization Gradients", 2025. No tape, no tiles: every line is
// one pass over an [N, C] array.
#pragma once

#include <Eigen/Core>
#include <utility>

namespace wengert::bench {

template <class T>
struct NoteBatchNorm {
  using Array = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // [N, C]
  using Row = Eigen::Array<T, 1, Eigen::Dynamic>;                                  // [C]

  Row mean, inv_std;
  Array centred;

  Array forward(const Eigen::Ref<const Array>& x, const Row& gamma, const Row& beta, T eps) {
    mean = x.colwise().mean();
    centred = x.rowwise() - mean;
    inv_std = (centred.square().colwise().mean() + eps).rsqrt();
    return (centred.rowwise() * (inv_std * gamma)).rowwise() + beta;
  }

  struct Gradients {
    Array dx;
    Row dgamma, dbeta;
  };

  Gradients backward(const Eigen::Ref<const Array>& dy, const Row& gamma) const {
    const T n = static_cast<T>(dy.rows());
    const Array g = dy.rowwise() * gamma;
    const Array term1 = g.rowwise() * inv_std;
    const Row term2 = -inv_std / n * g.colwise().sum();
    const Row sum_g_centred = (g * centred).colwise().sum();
    const Array term3 = centred.rowwise() * (-inv_std.cube() / n * sum_g_centred);
    Gradients out;
    out.dx = (term1 + term3).rowwise() + term2;
    out.dgamma = (dy * centred).colwise().sum() * inv_std;
    out.dbeta = dy.colwise().sum();
    return out;
  }
};

}  // namespace wengert::bench
