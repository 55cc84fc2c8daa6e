// SPDX-License-Identifier: MIT
// The fused kernels of batch normalisation against the floors of memory, interleaved in one process.
//
//   kernels_vs_floor [--double] [--threads N] [--seconds S] [--quantile Q] [NAME...]
//
// Names filter the shapes: NC, NCHW, 1024x1024. --quantile 0.1, instead of the median, helps on a busy
// machine. Times of one training step (forward + backward) in microseconds; ratios are what counts.
#include <bench/floors/floors.h>
#include <layers/kernels/batch_norm.h>
#include <omp.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace wengert;
using kernels::ChannelView;
using Clock = std::chrono::steady_clock;

struct Case {
  const char* name;
  ChannelView view;
  bool l2_floor;  // the floor that the target is measured against
  double target;
};

const std::vector<Case> cases = {
    {"NC 32x64", {32, 64, 1}, false, 3},
    {"NC 37x129", {37, 129, 1}, false, 2},
    {"NC 1000x3", {1000, 3, 1}, false, 5},
    {"NC 128x256", {128, 256, 1}, true, 1.4},
    {"NCHW 1x512x7x7", {1, 512, 49}, true, 1.4},
    {"NCHW 2x31x17x19", {2, 31, 323}, true, 1.4},
    {"NC 256x1024", {256, 1024, 1}, false, 1.15},
    {"NC 1024x1024", {1024, 1024, 1}, false, 1.15},
    {"NC 4096x1024", {4096, 1024, 1}, false, 1.15},
    {"NCHW 128x3x32x32", {128, 3, 1024}, true, 1.25},
    {"NCHW 8x256x14x14", {8, 256, 196}, true, 1.25},
    {"NCHW 32x64x56x56", {32, 64, 3136}, true, 1.25},
    {"NHWC 1x7x7x512", {49, 512, 1}, false, 1.4},
    {"NHWC 2x17x19x31", {646, 31, 1}, false, 1.4},
    {"NHWC 128x32x32x3", {131072, 3, 1}, false, 1.15},
    {"NHWC 8x14x14x256", {1568, 256, 1}, false, 1.15},
    {"NHWC 32x56x56x64", {100352, 64, 1}, false, 1.15},
    {"NC 65536x256", {65536, 256, 1}, false, 1.2},
    {"NC 8192x8192", {8192, 8192, 1}, false, 1.2},
};

// Aligned to a huge page if it fills one. Small buffers are not: at one and the same offset in a page they
// would fight for the sets of L1.
template <class T>
struct Buffer {
  explicit Buffer(Index n)
      : data(static_cast<T*>(std::aligned_alloc(alignment(n), round_up(n, alignment(n))))) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data); }
  static std::size_t alignment(Index n) {
    const std::size_t huge = std::size_t{2} << 20;
    return static_cast<std::size_t>(n) * sizeof(T) < huge ? 64 : huge;
  }
  static std::size_t round_up(Index n, std::size_t unit) {
    return (static_cast<std::size_t>(n) * sizeof(T) + unit - 1) / unit * unit;
  }
  T* data;
};

template <class T>
struct Problem {
  explicit Problem(ChannelView v)
      : view(v),
        n(v.count() * v.channels),
        x(n),
        dy(n),
        y(n),
        dx(n),
        per_channel(8, std::vector<T>(size(v))) {
    std::mt19937 engine(7);
    std::uniform_real_distribution<float> uniform(-1, 2);
    for (Index i = 0; i < n; ++i) {
      x.data[i] = static_cast<T>(uniform(engine));
      dy.data[i] = static_cast<T>(uniform(engine));
      y.data[i] = dx.data[i] = 0;
    }
    for (auto& v_c : per_channel) std::fill(v_c.begin(), v_c.end(), T{1});
  }
  static std::size_t size(ChannelView v) { return static_cast<std::size_t>(v.channels); }
  T* channel(std::size_t i) { return per_channel[i].data(); }

  void forward() {
    kernels::batch_norm_forward<T>(view, x.data, channel(0), channel(1), static_cast<T>(1e-5), y.data,
                                   {channel(2), channel(3), channel(4), channel(5)});
  }
  void backward() {
    kernels::batch_norm_backward<T>(view, x.data, dy.data, channel(0), channel(2), channel(3), channel(5),
                                    dx.data, channel(6), channel(7));
  }
  // Each thread sweeps its part, forward and backward.
  void floor(Index block, bench::Store store, int threads, bool is_forward) {
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
    for (int t = 0; t < threads; ++t) {
      const Index unit = 64;
      const Index begin = n / unit * t / threads * unit;
      const Index end = t + 1 == threads ? n : n / unit * (t + 1) / threads * unit;
      const Index part = std::min(block, end - begin);
      if (is_forward) {
        bench::sweep_forward(x.data + begin, y.data + begin, end - begin, part, store);
      } else {
        bench::sweep_backward(x.data + begin, dy.data + begin, dx.data + begin, end - begin, part, store);
      }
    }
  }
  void copy(bench::Store store, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
    for (int t = 0; t < threads; ++t) {
      const Index begin = n / 64 * t / threads * 64,
                  end = t + 1 == threads ? n : n / 64 * (t + 1) / threads * 64;
      bench::copy(x.data + begin, y.data + begin, end - begin, store);
    }
  }

  ChannelView view;
  Index n;
  Buffer<T> x, dy, y, dx;
  std::vector<std::vector<T>> per_channel;
};

struct Contender {
  std::function<void()> forward, backward;
  std::vector<double> forward_us, backward_us, step_us;
};

double quantile(std::vector<double> v, double q) {
  std::sort(v.begin(), v.end());
  return v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
}

double seconds_of(int repeats, const std::function<void()>& f) {
  const auto start = Clock::now();
  for (int i = 0; i < repeats; ++i) f();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Rounds of all contenders, each starting with another one; a round of a small problem repeats it.
void measure(std::vector<Contender>& contenders, double budget) {
  double once = 0;
  for (Contender& c : contenders) {
    const auto step = [&] { c.forward(), c.backward(); };
    seconds_of(2, step);
    once += seconds_of(1, step);
  }
  const int repeats = std::max(1, static_cast<int>(100e-6 * static_cast<double>(contenders.size()) / once));
  const int rounds = std::clamp(static_cast<int>(budget / (once * repeats)), 9, 2001);
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      Contender& c = contenders[(i + static_cast<std::size_t>(round)) % contenders.size()];
      c.forward(), c.backward();  // its own data, as warm as it leaves them
      double forward = 0, backward = 0;
      if (repeats == 1) {
        forward = seconds_of(1, c.forward);
        backward = seconds_of(1, c.backward);
        c.step_us.push_back((forward + backward) * 1e6);
      } else {
        c.step_us.push_back(seconds_of(repeats, [&] { c.forward(), c.backward(); }) / repeats * 1e6);
        forward = seconds_of(repeats, c.forward) / repeats;
        backward = seconds_of(repeats, c.backward) / repeats;
      }
      c.forward_us.push_back(forward * 1e6);
      c.backward_us.push_back(backward * 1e6);
    }
  }
}

template <class T>
void run(const Case& c, int threads, double budget, double q) {
  Problem<T> p(c.view);
  const Index l2_block = 64 * 1024 / static_cast<Index>(sizeof(T));
  std::vector<Contender> contenders;
  const auto floor = [&](Index block, bench::Store store) {
    contenders.push_back({[&p, block, store, threads] { p.floor(block, store, threads, true); },
                          [&p, block, store, threads] { p.floor(block, store, threads, false); },
                          {},
                          {},
                          {}});
  };
  contenders.push_back({[&p] { p.forward(); }, [&p] { p.backward(); }, {}, {}, {}});
  floor(p.n, bench::Store::ordinary);
  floor(p.n, bench::Store::non_temporal);
  floor(l2_block, bench::Store::ordinary);
  floor(l2_block, bench::Store::non_temporal);
  for (const auto store : {bench::Store::ordinary, bench::Store::non_temporal}) {
    contenders.push_back({[&p, store, threads] { p.copy(store, threads); }, [] {}, {}, {}, {}});
  }
  measure(contenders, budget);
  const auto step = [&](std::size_t i) { return quantile(contenders[i].step_us, q); };
  const double ours = step(0), two_sweep = std::min(step(1), step(2)), l2 = std::min(step(3), step(4));
  const double ratio = ours / (c.l2_floor ? l2 : two_sweep);
  std::printf("%-18s %9.2f %9.2f %9.2f | %9.2f%s %9.2f%s %9.2f%s | %5.2f %5.2f | %4.2f %s\n", c.name,
              quantile(contenders[0].forward_us, q), quantile(contenders[0].backward_us, q), ours, two_sweep,
              step(2) < step(1) ? "n" : " ", l2, step(4) < step(3) ? "n" : " ", std::min(step(5), step(6)),
              step(6) < step(5) ? "n" : " ", ours / two_sweep, ours / l2, c.target,
              ratio <= c.target ? "" : "MISSED");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  bool is_double = false;
  int threads = 1;
  double budget = 1, q = 0.5;
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--double") {
      is_double = true;
    } else if (arg == "--threads" && i + 1 < argc) {
      threads = std::max(1, std::atoi(argv[++i]));
    } else if (arg == "--seconds" && i + 1 < argc) {
      budget = std::atof(argv[++i]);
    } else if (arg == "--quantile" && i + 1 < argc) {
      q = std::clamp(std::atof(argv[++i]), 0.0, 1.0);
    } else {
      names.push_back(arg);
    }
  }
  omp_set_num_threads(threads);
  std::printf("%s, %d thread(s); microseconds; n = non-temporal stores were the better ones\n",
              is_double ? "f64" : "f32", threads);
  std::printf("%-18s %9s %9s %9s | %10s %10s %10s | %5s %5s | %s\n", "shape", "forward", "backward", "step",
              "two-sweep", "L2-block", "copy", "/2sw", "/L2", "target");
  for (const Case& c : cases) {
    const bool wanted =
        names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return std::strstr(c.name, name.c_str()) != nullptr;
        });
    if (wanted) is_double ? run<double>(c, threads, budget, q) : run<float>(c, threads, budget, q);
  }
}
