// SPDX-License-Identifier: MIT
// A pool of our own and not OpenMP's fork and join: there the caller waits for every thread of the team, so
// on a machine that others use too a step of 0.1 ms takes as long as the scheduler keeps one of them waiting.
// Here the pieces are claimed one by one, and the caller waits only for those that somebody has begun. Each
// thread begins with a share of its own, the same from call to call: what it left in its cache is then what
// it reads next. When that is done it takes from the end of the longest share that is left.
#include <autodiff/kernels/parallel.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace wengert::kernels {
namespace {

constexpr Index pieces_a_thread = 4;  // so that a thread that comes late, or is held up, takes fewer
constexpr int most_threads = 256;
constexpr auto spin_time = std::chrono::microseconds(30);  // less than what it costs to be woken

// Whether `condition` came true within spin_time.
template <class Condition>
bool spin_until(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + spin_time;
  while (!condition()) {
    for (int i = 0; i < 32; ++i) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
    }
    if (std::chrono::steady_clock::now() > end) return condition();
  }
  return true;
}

class Pool {
 public:
  // Never destroyed: its threads sleep until the process ends, whatever static objects go before that.
  static Pool& instance() {
    static auto* pool = new Pool;
    return *pool;
  }

  // False when the pool is at work for somebody else.
  bool run(Index count, int threads, FunctionRef<void(Index, Index)>& body) {
    std::unique_lock lock(mutex_);
    if (body_ != nullptr) return false;
    threads = std::min(threads, most_threads);
    count_ = count;
    deal(threads);
    hire(threads - 1);
    helpers_ = threads - 1;
    body_ = &body;
    failure_ = nullptr;
    jobs_.fetch_add(1, std::memory_order_release);
    if (asleep_ > 0) wake_.notify_all();
    work(lock, 0);
    const auto idle = [this] { return running_.load(std::memory_order_acquire) == 0; };
    if (!idle()) {
      lock.unlock();
      spin_until(idle);
      lock.lock();
      done_.wait(lock, idle);
    }
    body_ = nullptr;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return true;
  }

 private:
  void hire(int wanted) {
    try {
      for (; hired_ < wanted; ++hired_) std::thread([this, place = hired_] { serve(place); }).detach();
    } catch (const std::system_error&) {
      // the caller and whoever is there do the work
    }
  }

  // Those hired for a job of more threads than this one sit it out.
  [[noreturn]] void serve(int place) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      seen = jobs_.load(std::memory_order_relaxed);
      if (place < helpers_) work(lock, place + 1);
      lock.unlock();
      const auto called = [&] { return jobs_.load(std::memory_order_acquire) != seen; };
      spin_until(called);
      lock.lock();
      ++asleep_;
      wake_.wait(lock, called);
      --asleep_;
    }
  }

  // The pieces of a thread that nobody has claimed.
  struct Share {
    Index begin, end;

    Index size() const { return end - begin; }
  };

  void deal(int threads) {
    pieces_ = std::min(count_, pieces_a_thread * threads);
    shares_.resize(static_cast<std::size_t>(threads));
    for (Index t = 0; t < threads; ++t) {
      shares_[static_cast<std::size_t>(t)] = {pieces_ * t / threads, pieces_ * (t + 1) / threads};
    }
  }

  // Number `worker` of the threads asks; -1 when none is left.
  Index claim(int worker) {
    Share& own = shares_[static_cast<std::size_t>(worker)];
    if (own.size() > 0) return own.begin++;
    Share& longest = *std::max_element(shares_.begin(), shares_.end(),
                                       [](Share a, Share b) { return a.size() < b.size(); });
    return longest.size() > 0 ? --longest.end : -1;
  }

  // Claims pieces, under the lock, and runs them, outside of it, until none is left.
  void work(std::unique_lock<std::mutex>& lock, int worker) {
    while (body_ != nullptr) {
      const Index piece = claim(worker);
      if (piece < 0) break;
      FunctionRef<void(Index, Index)>& body = *body_;
      const Index begin = count_ * piece / pieces_, end = count_ * (piece + 1) / pieces_;
      running_.fetch_add(1, std::memory_order_relaxed);
      lock.unlock();
      std::exception_ptr failure;
      try {
        body(begin, end);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      if (failure) {
        if (!failure_) failure_ = failure;
        std::fill(shares_.begin(), shares_.end(), Share{0, 0});
      }
      if (running_.fetch_sub(1, std::memory_order_release) == 1) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  int hired_ = 0, helpers_ = 0, asleep_ = 0;
  std::atomic<std::uint64_t> jobs_ = 0;  // counts them, for those who spin
  std::atomic<int> running_ = 0;         // pieces that have begun
  FunctionRef<void(Index, Index)>* body_ = nullptr;
  Index count_ = 0, pieces_ = 0;
  std::vector<Share> shares_;
  std::exception_ptr failure_;
};

int default_threads() {
  if (const char* named = std::getenv("OMP_NUM_THREADS"); named != nullptr) {
    if (const long n = std::strtol(named, nullptr, 10); n > 0) {
      return static_cast<int>(std::min<long>(n, most_threads));
    }
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::atomic<int> chosen_threads = 0;

}  // namespace

void parallel_ranges(Index count, int threads, FunctionRef<void(Index, Index)> body) {
  if (threads > 1 && count > 1 && Pool::instance().run(count, threads, body)) return;
  if (count > 0) body(0, count);
}

int available_threads() {
  static const int by_default = default_threads();
  const int chosen = chosen_threads.load(std::memory_order_relaxed);
  return chosen > 0 ? chosen : by_default;
}

void use_threads(int threads) {
  chosen_threads.store(std::clamp(threads, 0, most_threads), std::memory_order_relaxed);
}

}  // namespace wengert::kernels
