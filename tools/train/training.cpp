// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <layers/optimizers.h>
#include <layers/softmax_cross_entropy.h>
#include <tools/train/training.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

namespace wengert::train {
namespace {

TrainOptions checked(TrainOptions options) {
  if (options.epochs < 1) throw_value("train", "epochs", options.epochs, "at least 1");
  if (options.batch < 2) throw_value("train", "batch", static_cast<double>(options.batch), "at least 2");
  if (!std::isfinite(options.learning_rate) || options.learning_rate < 0)
    throw_value("train", "learning rate", options.learning_rate, "a finite number > 0");
  if (options.learning_rate == 0)
    options.learning_rate = options.optimizer == OptimizerKind::adam ? 0.003 : 0.05;
  return options;
}

template <class T>
std::unique_ptr<Optimizer<T>> make_optimizer(const TrainOptions& options, Classifier<T>& classifier) {
  if (options.optimizer == OptimizerKind::adam)
    return std::make_unique<Adam<T>>(classifier.parameters(),
                                     AdamOptions{.learning_rate = options.learning_rate});
  return std::make_unique<Sgd<T>>(classifier.parameters(),
                                  SgdOptions{.learning_rate = options.learning_rate});
}

// The classifier, its optimiser and what is measured of their steps.
template <class T>
class Session {
 public:
  Session(const TrainOptions& options, Form form, Index pixels)
      : classifier_({.pixels = pixels, .norm = options.norm, .form = form, .seed = options.seed}),
        optimizer_(make_optimizer(options, classifier_)),
        form_(form) {}

  double step(const Samples<T>& batch) {
    Tape<T> tape;
    const Pass<T> pass = classifier_.forward(tape.constant(batch.images, "images"));
    const Var<T> loss = form_ == Form::staged ? staged::softmax_cross_entropy(pass.logits, batch.classes)
                                              : fused::softmax_cross_entropy(pass.logits, batch.classes);
    optimizer_->step(backward(loss));
    classifier_.update(pass);
    return static_cast<double>(loss.value().item());
  }

  // Without a step: nothing of it stays.
  void measure_memory(const Samples<T>& batch, TrainRun& run) {
    memory::reset();
    const std::size_t before = memory::stats().live_bytes;
    Tape<T> tape;
    const Pass<T> pass = classifier_.forward(tape.constant(batch.images, "images"));
    const Var<T> loss = form_ == Form::staged ? staged::softmax_cross_entropy(pass.logits, batch.classes)
                                              : fused::softmax_cross_entropy(pass.logits, batch.classes);
    run.saved_bytes = saved_bytes(snapshot(tape));
    const Gradients<T> gradients = backward(loss);
    run.peak_bytes = memory::stats().peak_bytes - before;
  }

  double accuracy_on(const Samples<T>& samples) {
    classifier_.eval();
    const double share = accuracy(classifier_, samples);
    classifier_.train();
    return share;
  }

 private:
  Classifier<T> classifier_;
  std::unique_ptr<Optimizer<T>> optimizer_;
  Form form_;
};

// Consecutive places, `batch` at a time; a last one alone has no variance and is left out.
std::vector<std::vector<Index>> cut(const std::vector<Index>& order, Index batch) {
  std::vector<std::vector<Index>> parts;
  const std::size_t size = static_cast<std::size_t>(batch);
  for (std::size_t first = 0; first + 1 < order.size(); first += size) {
    const auto begin = order.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(first + size, order.size()));
    parts.emplace_back(begin, end);
  }
  return parts;
}

}  // namespace

std::optional<std::size_t> TrainRun::diverged_at() const {
  const auto found = std::ranges::find_if(losses, [](double loss) { return !std::isfinite(loss); });
  if (found == losses.end()) return std::nullopt;
  return static_cast<std::size_t>(found - losses.begin()) + 1;
}

double TrainRun::seconds_per_epoch() const {
  std::vector<double> seconds;
  for (const Epoch& epoch : epochs) seconds.push_back(epoch.seconds);
  if (seconds.empty()) return 0;
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

template <class T>
TrainRun train(const TrainOptions& wanted, Form form, const Digits<T>& digits,
               const std::function<void(const TrainRun&)>& progress) {
  using Clock = std::chrono::steady_clock;
  const TrainOptions options = checked(wanted);
  TrainRun run;
  run.form = form;
  Session<T> session(options, form, digits.training.images.shape()[1]);
  for (int number = 0; number < options.epochs; ++number) {
    Epoch epoch;
    const std::uint64_t seed = options.seed * 1000003 + static_cast<std::uint64_t>(number);
    const auto parts = cut(shuffled(digits.training.size(), seed), options.batch);
    if (number == 0) session.measure_memory(digits.training.at(parts.front()), run);
    const auto start = Clock::now();
    for (const std::vector<Index>& part : parts) {
      run.losses.push_back(session.step(digits.training.at(part)));
      epoch.loss += run.losses.back() / static_cast<double>(parts.size());
    }
    epoch.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    epoch.accuracy = session.accuracy_on(digits.held_out);
    run.epochs.push_back(epoch);
    if (progress) progress(run);
  }
  return run;
}

template <class T>
double accuracy(const Classifier<T>& classifier, const Samples<T>& samples) {
  const Tensor<T> logits = classifier.forward(Var<T>(samples.images)).logits.value();
  const Index classes = logits.shape()[1];
  Index right = 0;
  for (Index n = 0; n < samples.size(); ++n) {
    const T* row = logits.data() + n * classes;
    const Index best = std::max_element(row, row + classes) - row;
    if (best == samples.classes[static_cast<std::size_t>(n)]) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(samples.size());
}

double largest_difference(const TrainRun& a, const TrainRun& b, std::size_t steps) {
  double worst = 0;
  for (std::size_t i = 0; i < std::min({a.losses.size(), b.losses.size(), steps}); ++i) {
    const double difference = std::abs(a.losses[i] - b.losses[i]);
    if (!(difference <= worst)) worst = difference;
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
  }
  return worst;
}

#define WENGERT_INSTANTIATE(T)                                          \
  template TrainRun train(const TrainOptions&, Form, const Digits<T>&,  \
                          const std::function<void(const TrainRun&)>&); \
  template double accuracy(const Classifier<T>&, const Samples<T>&);
WENGERT_INSTANTIATE(float)
WENGERT_INSTANTIATE(double)

}  // namespace wengert::train
