// SPDX-License-Identifier: MIT
// The sweeps over a small tensor of columns: one vector of columns after the other, each through all rows,
// with its sums and coefficients in registers. All that a ColumnPass keeps beside the rows costs more here
// than the rows do, and lines of a cache that holds everything may be read in any order.
#if defined(WENGERT_BATCH_NORM_SMALL_PASS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_BATCH_NORM_SMALL_PASS_INL_H_
#undef WENGERT_BATCH_NORM_SMALL_PASS_INL_H_
#else
#define WENGERT_BATCH_NORM_SMALL_PASS_INL_H_
#endif

#include <layers/kernels/batch_norm_channels-inl.h>
#include <layers/kernels/batch_norm_columns-inl.h>
#include <layers/kernels/batch_norm_rows-inl.h>
#include <layers/kernels/workspace.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

template <class T, bool backward>
class SmallPass {
 public:
  SmallPass(ChannelView view, SumSource<T, backward> source, T* out)
      : rows_(view.outer), channels_(view.channels), source_(source), out_(out) {}

  int threads() const { return 1; }
  Index chunks() const { return 1; }
  Index pieces() const { return 1; }
  Index share() const { return channels_; }
  Index sum_scratch(Index n) const { return 3 * Workspace::bytes<T>(n); }
  Index map_scratch(Index) const { return 0; }
  double count(Index) const { return static_cast<double>(rows_); }

  /// Sums all n channels; `mean` is the pivot of the backward pass.
  void sum(Index, Index, Index n, ChannelSums sums, const T* mean) const {
    const Index step = lanes<T>();
    Workspace space(sum_scratch(n));
    T *const pivot = space.take_unset<T>(n), *const a = space.take_unset<T>(n);
    T* const b = space.take_unset<T>(n);
    Index c = 0;
    for (; c + step <= n; c += step) sum_vector<true>(c, step, mean, pivot, a, b);
    if (c < n) sum_vector<false>(c, n - c, mean, pivot, a, b);
    if constexpr (backward) {
      put_tile(n, sums, a, b);
    } else {
      merge_tile(n, sums, 0, count(0), a, b, pivot);
    }
  }

  void map(Index, Index, Index, Index, const ChannelArrays<T>& arrays) const {
    const Vectors<T> d;
    const MapTarget<T, backward, false> target{source_.x, source_.dy, out_};
    const Index step = lanes<T>(), end = rows_ * channels_, channels = channels_;
    for (Index c = 0; c < channels; c += step) {
      const auto slope = hn::LoadU(d, arrays.slope + c);
      const MapVectors<T, backward> coefficients{hn::LoadU(d, arrays.mean_hi + c), slope,
                                                 hn::LoadU(d, arrays.offset + c),
                                                 backward ? hn::LoadU(d, arrays.direct + c) : slope};
      if (const Index n = channels - c; n >= step) {
        for (Index i = c; i < end; i += channels) target.map(i, coefficients);
      } else {
        for (Index i = c; i < end; i += channels) target.map_first(i, n, coefficients);
      }
    }
  }

 private:
  // Σ g and Σ g·d over the rows of columns [c, c + n), which are a whole vector or not.
  template <bool whole, bool with_dy>
  HWY_INLINE LaneSums<T> sum_rows(SumSource<T, with_dy> source, Index c, Index n, Vec<T> pivot) const {
    const Index stride = channels_, end = rows_ * stride;
    const auto terms = [&](Index i) HWY_ATTR {
      return whole ? source.terms(i, pivot) : source.first_terms(i, n, pivot);
    };
    auto a = hn::Zero(Vectors<T>()), b = a, more_a = a, more_b = a;
    Index i = c;
    for (; i + stride < end; i += 2 * stride) {
      terms(i).add_to(a, b);
      terms(i + stride).add_to(more_a, more_b);
    }
    if (i < end) terms(i).add_to(a, b);
    return LaneSums<T>{a, b} + LaneSums<T>{more_a, more_b};
  }

  // The pivot of the forward pass is the mean itself, as rounded: b − a²/n has then nothing to cancel.
  template <bool whole>
  HWY_INLINE Vec<T> mean_of_rows(Index c, Index n) const {
    const Vectors<T> d;
    const auto first = whole ? hn::LoadU(d, source_.x + c) : load_first(source_.x + c, n);
    const auto sum = sum_rows<whole>(SumSource<T, false>{source_.x, nullptr}, c, n, first).a;
    return hn::MulAdd(sum, hn::Set(d, T{1} / static_cast<T>(rows_)), first);
  }

  template <bool whole>
  HWY_INLINE void sum_vector(Index c, Index n, const T* mean, T* pivot, T* a, T* b) const {
    const Vectors<T> d;
    const auto start = backward ? hn::LoadU(d, mean + c) : mean_of_rows<whole>(c, n);
    const auto sums = sum_rows<whole>(source_, c, n, start);
    hn::StoreU(start, d, pivot + c);
    hn::StoreU(sums.a, d, a + c);
    hn::StoreU(sums.b, d, b + c);
  }

  Index rows_, channels_;
  SumSource<T, backward> source_;
  T* out_;
};

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
