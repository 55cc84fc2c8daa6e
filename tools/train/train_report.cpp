// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/quantities.h>
#include <tools/train/train_report.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

namespace wengert::train {
namespace {

// A run that blew up has no finite loss, and JSON no word for it.
nlohmann::json finite_or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

}  // namespace

std::optional<double> TrainReport::largest_loss_difference() const {
  if (runs.size() < 2) return std::nullopt;
  return largest_difference(runs[0], runs[1]);
}

std::string progress_line(const TrainRun& run, int epochs) {
  const Epoch& epoch = run.epochs.back();
  return fmt::format("{}  epoch {}/{}  loss {:.4f}  accuracy {:.1f} %", to_string(run.form),
                     run.epochs.size(), epochs, epoch.loss, 100 * epoch.accuracy);
}

std::string to_text(const TrainReport& report) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "digits, {}, {}, {}, {} epochs, batches of {}, seed {}\n\n", report.norm, report.dtype,
                 report.optimizer, report.options.epochs, report.options.batch, report.options.seed);
  fmt::format_to(out, "{:<8} {:>14} {:>12} {:>12} {:>11} {:>10}\n", "form", "time per epoch", "saved", "peak",
                 "last loss", "accuracy");
  for (const TrainRun& run : report.runs) {
    fmt::format_to(out, "{:<8} {:>14} {:>12} {:>12} {:>11.6f} {:>8.2f} %\n", to_string(run.form),
                   time_text(static_cast<std::int64_t>(run.seconds_per_epoch() * 1e9)),
                   bytes_text(run.saved_bytes), bytes_text(run.peak_bytes), run.epochs.back().loss,
                   100 * run.final_accuracy());
  }
  text +=
      "\nsaved: kept for backward by the tape of one batch; peak: the most that lived at once in its step\n";
  for (const TrainRun& run : report.runs) {
    if (const auto step = run.diverged_at())
      fmt::format_to(out, "the loss of the {} form is not finite from step {} on\n", to_string(run.form),
                     *step);
  }
  if (const auto difference = report.largest_loss_difference())
    fmt::format_to(out, "largest difference between the loss curves: {:.3g}\n", *difference);
  return text;
}

std::string to_json(const TrainReport& report) {
  using Json = nlohmann::json;
  Json runs = Json::array();
  for (const TrainRun& run : report.runs) {
    Json losses = Json::array(), epochs = Json::array();
    for (const double loss : run.losses) losses.push_back(finite_or_null(loss));
    for (const Epoch& epoch : run.epochs)
      epochs.push_back(
          {{"loss", finite_or_null(epoch.loss)}, {"accuracy", epoch.accuracy}, {"seconds", epoch.seconds}});
    runs.push_back({{"form", to_string(run.form)},
                    {"seconds_per_epoch", run.seconds_per_epoch()},
                    {"saved_bytes", run.saved_bytes},
                    {"peak_bytes", run.peak_bytes},
                    {"final_accuracy", run.final_accuracy()},
                    {"epochs", epochs},
                    {"losses", losses}});
  }
  Json json{{"norm", report.norm},
            {"dtype", report.dtype},
            {"optimizer", report.optimizer},
            {"epochs", report.options.epochs},
            {"batch", report.options.batch},
            {"seed", report.options.seed},
            {"runs", runs}};
  if (const auto difference = report.largest_loss_difference())
    json["largest_loss_difference"] = finite_or_null(*difference);
  return json.dump(2);
}

}  // namespace wengert::train
