// SPDX-License-Identifier: MIT
// Both passes over a sample whose channels are more than one element: those of batch normalisation, with the
// channels merged into groups in between. See group_norm_plan.h.
#if defined(WENGERT_GROUP_NORM_CHANNEL_PASS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_GROUP_NORM_CHANNEL_PASS_INL_H_
#undef WENGERT_GROUP_NORM_CHANNEL_PASS_INL_H_
#else
#define WENGERT_GROUP_NORM_CHANNEL_PASS_INL_H_
#endif

#include <layers/kernels/batch_norm_block-inl.h>
#include <layers/kernels/batch_norm_column_pass-inl.h>
#include <layers/kernels/batch_norm_row_pass-inl.h>
#include <layers/kernels/group_norm_groups-inl.h>
#include <layers/kernels/group_norm_row_pass-inl.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::kernels::HWY_NAMESPACE {

template <class T, bool backward>
class GroupChannelPass {
 public:
  GroupChannelPass(const GroupView& view, const GroupArrays<T>& arrays, const Machine& machine)
      : view_(view),
        sample_{view.outer, view.channels, view.inner},
        a_(arrays),
        plan_(plan_group_channels(view, sizeof(T), backward, machine)) {}

  void run() const {
    const Index size = view_.batch * view_.channels;
    const Index bytes = backward ? 2 * Workspace::bytes<double>(size) : Workspace::alignment;
    const Index tasks = std::min(Index{plan_.threads}, view_.batch * plan_.blocks);
    const ScratchCount scratch(Workspace::heap_bytes(bytes) + tasks * task_bytes());
    if (account_only()) return;
    Workspace space(bytes);
    double* const dgamma = backward ? space.take<double>(size) : nullptr;
    double* const dbeta = backward ? space.take<double>(size) : nullptr;
    parallel_ranges(view_.batch * plan_.blocks, plan_.threads, [&](Index begin, Index end) HWY_ATTR {
      for (Index task = begin; task < end; ++task) {
        const Index n = task / plan_.blocks, start = n * view_.outer * view_.channels * view_.inner;
        const SumSource<T, backward> source{a_.x + start, backward ? a_.dy + start : nullptr};
        T* const out = a_.out == nullptr ? nullptr : a_.out + start;
        const Task here{n, task % plan_.blocks * plan_.block_groups, dgamma, dbeta};
        if (use_columns(sample_)) {
          run_task(ColumnPass<T, backward>(sample_, source, out, plan_.machine), here);
        } else {
          run_task(RowPass<T, backward>(sample_, source, out, plan_.machine), here);
        }
      }
    });
    if (a_.dgamma != nullptr) add_samples(dgamma, a_.dgamma);
    if (a_.dbeta != nullptr) add_samples(dbeta, a_.dbeta);
  }

 private:
  // What one task takes from the heap, for ScratchCount: see scratch_of_rows() of batch_norm.cpp.
  Index task_bytes() const {
    const Index n_groups = std::min(plan_.block_groups, view_.groups);
    const Index n = n_groups * view_.group_channels();
    const auto of = [&](const auto& pass) HWY_ATTR {
      return Workspace::heap_bytes(Block<T>::bytes(n, pass.chunks()) +
                                   Block<T>::bytes(n_groups, group_chunks())) +
             Workspace::heap_bytes(groups_are_runs() ? group_runs(nullptr).scratch(n_groups)
                                                     : pass.scratch(n));
    };
    const SumSource<T, backward> none{nullptr, nullptr};
    return use_columns(sample_) ? of(ColumnPass<T, backward>(sample_, none, nullptr, plan_.machine))
                                : of(RowPass<T, backward>(sample_, none, nullptr, plan_.machine));
  }

  // Groups from `group` on of sample n; where each sample leaves its Σ dy·xhat and Σ dy, [batch, channels].
  struct Task {
    Index n, group;
    double *dgamma, *dbeta;
  };

  // Whether the channels of a group follow each other: its moments are then those of one run.
  bool groups_are_runs() const { return !backward && sample_.outer == 1 && !use_columns(sample_); }
  RowPass<T, false> group_runs(const T* x) const {
    return {{1, view_.groups, view_.group_channels() * view_.inner}, {x, nullptr}, nullptr, plan_.machine};
  }
  Index group_chunks() const { return groups_are_runs() ? group_runs(nullptr).chunks() : 1; }

  void sum_group_runs(const Task& task, const Block<T>& groups) const {
    const auto runs = group_runs(a_.x + task.n * sample_.count() * view_.channels);
    for (Index k = 0; k < runs.chunks(); ++k) {
      runs.sum(k, task.group, groups.n, groups.chunk(k), groups.arrays.mean_hi);
    }
    merge_chunks<false>(runs, groups.n, groups.sums, groups.padded);
  }

  template <class Pass>
  void run_task(const Pass& pass, const Task& task) const {
    const Index n_groups = std::min(plan_.block_groups, view_.groups - task.group);
    const Index first = task.group * view_.group_channels(), n = n_groups * view_.group_channels();
    const Index statistic = task.n * view_.groups + task.group;
    const Parameters<T> of_groups{nullptr,    nullptr, a_.mean_hi, a_.mean_lo, a_.var,
                                  a_.inv_std, nullptr, nullptr,    a_.eps};
    Workspace space(Block<T>::bytes(n, pass.chunks()) + Block<T>::bytes(n_groups, group_chunks()));
    const Block<T> groups = make_block<T, backward>(space, of_groups, statistic, n_groups, group_chunks());
    const Parameters<T> of_channels{a_.gamma,
                                    a_.beta,
                                    groups.arrays.mean_hi,
                                    groups.arrays.mean_lo,
                                    nullptr,
                                    groups.arrays.inv_std,
                                    nullptr,
                                    nullptr,
                                    a_.eps};
    const Block<T> channels = make_channels(space, of_channels, first, n, pass.chunks());

    if (groups_are_runs()) {
      sum_group_runs(task, groups);
    } else {
      sum_channels(pass, task, first, channels, groups);
    }
    finish_sums<T, backward>(groups, of_groups, static_cast<double>(view_.count()));
    give_results<T, backward>(groups, of_groups);
    if (a_.out == nullptr) return;
    spread_coefficients(groups.arrays, channels);
    pass.map(0, pass.pieces(), first, n, channels.arrays);
  }

  template <class Pass>
  void sum_channels(const Pass& pass, const Task& task, Index first, const Block<T>& channels,
                    const Block<T>& groups) const {
    for (Index k = 0; k < pass.chunks(); ++k) {
      pass.sum(k, first, channels.n, channels.chunk(k), channels.arrays.mean_hi);
    }
    merge_chunks<backward>(pass, channels.n, channels.sums, channels.padded);
    const Index size = view_.group_channels();
    if constexpr (backward) {
      const Index at = task.n * view_.channels + first;
      take_gradients(channels.n, channels.sums, channels.arrays, task.dgamma + at, task.dbeta + at);
      add_channels(channels.sums.hi, groups.n, size, groups.sums.hi);
      add_channels(channels.sums.m2, groups.n, size, groups.sums.m2);
    } else {
      merge_moments_of_groups(channels.sums, groups.n, size, static_cast<double>(sample_.count()),
                              groups.sums);
    }
  }

  // gamma and beta by channel; the statistics of a channel are those of its group.
  Block<T> make_channels(Workspace& space, const Parameters<T>& p, Index first, Index n, Index chunks) const {
    const Parameters<T> affine{p.gamma, p.beta, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, p.eps};
    const Block<T> block = make_block<T, false>(space, affine, first, n, chunks);
    if constexpr (backward) {
      const Index size = view_.group_channels(), groups = n / size;
      spread(p.mean_hi, groups, size, block.arrays.mean_hi);
      spread(p.mean_lo, groups, size, block.arrays.mean_lo);
      spread(p.inv_std, groups, size, block.arrays.inv_std);
    }
    return block;
  }

  void spread_coefficients(const ChannelArrays<T>& groups, const Block<T>& channels) const {
    const ChannelArrays<T>& to = channels.arrays;
    const Index size = view_.group_channels(), n_groups = channels.n / size;
    if constexpr (!backward) spread(groups.mean_hi, n_groups, size, to.mean_hi);
    spread(groups.slope, n_groups, size, to.slope);
    spread(groups.offset, n_groups, size, to.offset);
    if constexpr (backward) spread(groups.direct, n_groups, size, to.direct);
    apply_affine<T, backward>(channels.n, to);
  }

  void add_samples(const double* parts, T* sums) const {
    std::vector<double> total(static_cast<size_t>(view_.channels), 0.0);
    for (Index n = 0; n < view_.batch; ++n, parts += view_.channels) {
      for (Index c = 0; c < view_.channels; ++c) total[static_cast<size_t>(c)] += parts[c];
    }
    for (Index c = 0; c < view_.channels; ++c) sums[c] = static_cast<T>(total[static_cast<size_t>(c)]);
  }

  GroupView view_;
  ChannelView sample_;
  GroupArrays<T> a_;
  GroupChannelPlan plan_;
};

}  // namespace wengert::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
