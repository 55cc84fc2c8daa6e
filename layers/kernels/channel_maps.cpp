// SPDX-License-Identifier: MIT
#include <autodiff/kernels/parallel.h>
#include <autodiff/kernels/scratch.h>
#include <layers/kernels/channel_maps.h>

#include <vector>

namespace wengert::kernels {
namespace {

// The coefficients of one channel; a row of channels reads them as four arrays.
template <class T>
struct Coefficients {
  std::vector<T> hi, lo, scale, offset;

  Coefficients(Index channels, ChannelAffine<T> z) {
    for (Index c = 0; c < channels; ++c) {
      hi.push_back(z.mean_hi[c]);
      lo.push_back(z.mean_lo == nullptr ? T(0) : z.mean_lo[c]);
      scale.push_back(z.gamma == nullptr ? z.inv_std[c] : z.gamma[c] * z.inv_std[c]);
      offset.push_back(z.beta == nullptr ? T(0) : z.beta[c]);
    }
  }
};

// Centred before it is scaled: a channel that is its mean everywhere gives beta exactly.
template <class T>
T affine(T x, T hi, T lo, T scale, T offset) {
  return ((x - hi) - lo) * scale + offset;
}

// Calls visit(first, channel, count) for the contiguous runs of the tensor: along one channel, or, with inner
// = 1, across all of them.
template <class T, class Visit>
void for_each_run(ChannelView view, Visit visit) {
  const bool across = view.inner == 1;
  const Index length = across ? view.channels : view.inner;
  const Index runs = across ? view.outer : view.outer * view.channels;
  const Index bytes = runs * length * static_cast<Index>(sizeof(T));
  parallel_ranges(runs, bytes < parallel_bytes ? 1 : available_threads(), [&](Index begin, Index end) {
    for (Index run = begin; run < end; ++run) visit(run * length, across ? 0 : run % view.channels, length);
  });
}

// Calls map(element, channel) for all elements, in loops that vectorise either way.
template <class T, class Map>
void map_elements(ChannelView view, Map map) {
  if (view.inner == 1) {
    for_each_run<T>(view, [&](Index first, Index, Index count) {
      for (Index c = 0; c < count; ++c) map(first + c, c);
    });
  } else {
    for_each_run<T>(view, [&](Index first, Index channel, Index count) {
      for (Index i = first; i < first + count; ++i) map(i, channel);
    });
  }
}

template <class T, class Result>
void map_affine(ChannelView view, const T* x, ChannelAffine<T> z, Result result) {
  const Coefficients<T> k(view.channels, z);
  const T *hi = k.hi.data(), *lo = k.lo.data(), *scale = k.scale.data(), *offset = k.offset.data();
  map_elements<T>(view,
                  [=](Index i, Index c) { result(i, affine(x[i], hi[c], lo[c], scale[c], offset[c])); });
}

}  // namespace

template <class T>
void channel_affine(ChannelView view, const T* x, ChannelAffine<T> z, T* y) {
  if (account_only()) return;
  map_affine(view, x, z, [=](Index i, T value) { y[i] = value; });
}

template <class T>
void channel_affine_relu(ChannelView view, const T* x, ChannelAffine<T> z, T* y) {
  if (account_only()) return;
  map_affine(view, x, z, [=](Index i, T value) { y[i] = value <= T(0) ? T(0) : value; });
}

template <class T>
void channel_relu_gate(ChannelView view, const T* x, ChannelAffine<T> z, const T* dy, T* out) {
  if (account_only()) return;
  map_affine(view, x, z, [=](Index i, T value) {
    const T passing = dy[i];  // read in any case: a load under a condition would not vectorise
    out[i] = value <= T(0) ? T(0) : passing;
  });
}

template <class T>
void channel_scale(ChannelView view, const T* gamma, const T* inv_std, const T* dy, T* dx) {
  if (account_only()) return;
  std::vector<T> products;
  for (Index c = 0; c < view.channels; ++c)
    products.push_back(gamma == nullptr ? inv_std[c] : gamma[c] * inv_std[c]);
  const T* scale = products.data();
  map_elements<T>(view, [=](Index i, Index c) { dx[i] = dy[i] * scale[c]; });
}

#define WENGERT_INSTANTIATE(T)                                                            \
  template void channel_affine(ChannelView, const T*, ChannelAffine<T>, T*);              \
  template void channel_affine_relu(ChannelView, const T*, ChannelAffine<T>, T*);         \
  template void channel_relu_gate(ChannelView, const T*, ChannelAffine<T>, const T*, T*); \
  template void channel_scale(ChannelView, const T*, const T*, const T*, T*);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)
WENGERT_INSTANTIATE(long double)

}  // namespace wengert::kernels
