// SPDX-License-Identifier: MIT
// Eigen's own OpenMP product changes bits with the number of threads, so it is switched off in this file. The
// rest of a program may have it on: under a name of its own, this file's Eigen is never mixed up with that
// one.
#define EIGEN_DONT_PARALLELIZE
#define Eigen wengert_serial_eigen
#include <autodiff/kernels/matmul.h>

#include <Eigen/Core>
#include <algorithm>

namespace wengert::kernels {

template <class T>
void matmul(Index m, Index k, Index n, const T* a, const T* b, T* y) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  if (k == 0) {
    std::fill_n(y, m * n, T(0));
    return;
  }
  Eigen::Map<Matrix>(y, m, n).noalias() =
      Eigen::Map<const Matrix>(a, m, k) * Eigen::Map<const Matrix>(b, k, n);
}

template void matmul(Index, Index, Index, const float*, const float*, float*);
template void matmul(Index, Index, Index, const double*, const double*, double*);
template void matmul(Index, Index, Index, const long double*, const long double*, long double*);

}  // namespace wengert::kernels
