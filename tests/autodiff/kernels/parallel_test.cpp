// SPDX-License-Identifier: MIT
#include <autodiff/kernels/parallel.h>
#include <tests/support/catch.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace wengert;
using namespace wengert::kernels;

namespace {

// How often parallel_ranges visits each index.
std::vector<int> visits(Index count, int threads) {
  std::vector<int> seen(static_cast<std::size_t>(count));
  parallel_ranges(count, threads, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
  });
  return seen;
}

}  // namespace

TEST_CASE("parallel_ranges visits every index exactly once, whatever the threads", "[autodiff][kernels]") {
  for (const Index count : {0, 1, 2, 3, 7, 8, 64, 1000}) {
    for (const int threads : {1, 2, 3, 4, 9}) {
      CAPTURE(count, threads);
      CHECK(visits(count, threads) == std::vector<int>(static_cast<std::size_t>(count), 1));
    }
  }
}

TEST_CASE("parallel_ranges: what the pieces wrote is there when it returns, time after time",
          "[autodiff][kernels]") {
  bool all = true;
  for (int round = 0; round < 2000; ++round) {
    std::vector<Index> squares(37);
    parallel_ranges(37, 4, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) squares[static_cast<std::size_t>(i)] = i * i;
    });
    all = all && std::accumulate(squares.begin(), squares.end(), Index{0}) == 16206;
  }
  CHECK(all);
}

TEST_CASE("parallel_ranges: with one thread the body is called once, by the caller", "[autodiff][kernels]") {
  int calls = 0;
  parallel_ranges(100, 1, [&](Index begin, Index end) {
    ++calls;
    CHECK(begin == 0);
    CHECK(end == 100);
  });
  CHECK(calls == 1);
}

TEST_CASE("parallel_ranges: a loop within a loop covers its range too", "[autodiff][kernels]") {
  std::atomic<Index> total = 0;
  parallel_ranges(8, 4, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      parallel_ranges(10, 4, [&](Index first, Index last) { total += last - first; });
    }
  });
  CHECK(total == 80);
}

TEST_CASE("parallel_ranges: several threads of a program may call it", "[autodiff][kernels]") {
  std::atomic<Index> total = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        parallel_ranges(50, 3, [&](Index begin, Index end) { total += end - begin; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 3 * 100 * 50);
}

TEST_CASE("parallel_ranges: what a piece throws reaches the caller, and the next loop runs",
          "[autodiff][kernels]") {
  for (int round = 0; round < 50; ++round) {
    const auto fails = [](Index begin, Index end) {
      if (begin <= 5 && 5 < end) throw std::runtime_error("piece 5");
    };
    CHECK_THROWS_WITH(parallel_ranges(16, 4, fails), "piece 5");
    CHECK(visits(16, 4) == std::vector<int>(16, 1));
  }
}

TEST_CASE("use_threads sets what the kernels may use, and 0 takes it back", "[autodiff][kernels]") {
  const int before = available_threads();
  use_threads(3);
  CHECK(available_threads() == 3);
  use_threads(0);
  CHECK(available_threads() == before);
  CHECK(before >= 1);
}
