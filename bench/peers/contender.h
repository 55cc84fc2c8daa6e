// SPDX-License-Identifier: MIT
// Who computes a training step of batch normalisation, and the floors that only move its bytes.
#pragma once

#include <bench/peers/problem.h>

#include <memory>
#include <string>
#include <vector>

namespace wengert::bench {

/// Where the results of the last step lie, in the problem's order of memory; valid until the next one.
template <class T>
struct Outputs {
  const T *y = nullptr, *dx = nullptr, *dgamma = nullptr, *dbeta = nullptr;
};

enum class Role {
  ours,
  peer,            ///< the same layout, the same work: counts for "best peer"
  private_layout,  ///< a layout of its own, whose reorder is not paid
  staged_peer,     ///< a graph of small operations
  floor            ///< moves the bytes and computes next to nothing
};

template <class T>
class Contender {
 public:
  Contender(std::string called, Role as) : name_(std::move(called)), role_(as) {}
  Contender(const Contender&) = delete;
  Contender& operator=(const Contender&) = delete;
  virtual ~Contender() = default;

  virtual void forward() = 0;
  virtual void backward() = 0;
  /// Nothing for a floor.
  virtual Outputs<T> outputs() { return {}; }

  const std::string& name() const { return name_; }
  Role role() const { return role_; }

 private:
  std::string name_;
  Role role_;
};

template <class T>
using Contenders = std::vector<std::unique_ptr<Contender<T>>>;

/// Each appends what it has for this problem, set up for that many threads; those that are not built in
/// append nothing. The problem outlives them.
template <class T>
void add_floors(Contenders<T>& to, Problem<T>& problem, int threads);
template <class T>
void add_ours(Contenders<T>& to, Problem<T>& problem, int threads);
template <class T>
void add_eigen(Contenders<T>& to, Problem<T>& problem, int threads);
template <class T>
void add_onednn(Contenders<T>& to, Problem<T>& problem, int threads);
template <class T>
void add_torch(Contenders<T>& to, Problem<T>& problem, int threads);

/// "oneDNN 2.6.3", "PyTorch 1.13.1"; empty when it is not built in.
std::string onednn_version();
std::string torch_version();

}  // namespace wengert::bench
