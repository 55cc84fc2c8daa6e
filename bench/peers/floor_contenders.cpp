// SPDX-License-Identifier: MIT
// With several threads each sweeps its own parts.
#include <autodiff/kernels/parallel.h>
#include <bench/floors/floors.h>
#include <bench/peers/contender.h>

#include <algorithm>

namespace wengert::bench {
namespace {

// Calls body(begin, length) for the part of each thread.
template <class Body>
void for_each_part(Index n, int threads, Body body) {
  constexpr Index line = 64;
  const Index lines = n / line;
  kernels::parallel_ranges(lines, threads, [&](Index first, Index last) {
    body(first * line, (last == lines ? n : last * line) - first * line);
  });
}

template <class T>
class SweepFloor final : public Contender<T> {
 public:
  SweepFloor(std::string name, Problem<T>& p, Index block, Store store, int threads)
      : Contender<T>(std::move(name), Role::floor), p_(p), block_(block), store_(store), threads_(threads) {}

  void forward() override {
    for_each_part(p_.size(), threads_, [this](Index i, Index n) {
      sweep_forward(p_.x.get() + i, p_.y.get() + i, n, std::min(block_, n), store_);
    });
  }
  void backward() override {
    for_each_part(p_.size(), threads_, [this](Index i, Index n) {
      sweep_backward(p_.x.get() + i, p_.dy.get() + i, p_.dx.get() + i, n, std::min(block_, n), store_);
    });
  }

 private:
  Problem<T>& p_;
  Index block_;
  Store store_;
  int threads_;
};

// y = x and dx = dy.
template <class T>
class CopyFloor final : public Contender<T> {
 public:
  CopyFloor(std::string name, Problem<T>& p, Store store, int threads)
      : Contender<T>(std::move(name), Role::floor), p_(p), store_(store), threads_(threads) {}

  void forward() override {
    for_each_part(p_.size(), threads_,
                  [this](Index i, Index n) { copy(p_.x.get() + i, p_.y.get() + i, n, store_); });
  }
  void backward() override {
    for_each_part(p_.size(), threads_,
                  [this](Index i, Index n) { copy(p_.dy.get() + i, p_.dx.get() + i, n, store_); });
  }

 private:
  Problem<T>& p_;
  Store store_;
  int threads_;
};

// x, and x and dy: what one sweep has to read.
template <class T>
class ReadFloor final : public Contender<T> {
 public:
  ReadFloor(Problem<T>& p, int threads) : Contender<T>("read", Role::floor), p_(p), threads_(threads) {}

  void forward() override {
    for_each_part(p_.size(), threads_, [this](Index i, Index n) { read(p_.x.get() + i, n); });
  }
  void backward() override {
    forward();
    for_each_part(p_.size(), threads_, [this](Index i, Index n) { read(p_.dy.get() + i, n); });
  }

 private:
  Problem<T>& p_;
  int threads_;
};

}  // namespace

template <class T>
void add_floors(Contenders<T>& to, Problem<T>& p, int threads) {
  const Index l2_block = 64 * 1024 / static_cast<Index>(sizeof(T));
  for (const Store store : {Store::ordinary, Store::non_temporal}) {
    const std::string kind = store == Store::ordinary ? "" : ", non-temporal";
    to.push_back(std::make_unique<SweepFloor<T>>("two-sweep" + kind, p, p.size(), store, threads));
    to.push_back(std::make_unique<SweepFloor<T>>("L2-blocked" + kind, p, l2_block, store, threads));
    to.push_back(std::make_unique<CopyFloor<T>>("copy" + kind, p, store, threads));
  }
  to.push_back(std::make_unique<ReadFloor<T>>(p, threads));
}

template void add_floors(Contenders<float>&, Problem<float>&, int);
template void add_floors(Contenders<double>&, Problem<double>&, int);

}  // namespace wengert::bench
