// SPDX-License-Identifier: MIT
#include <tools/file_bytes.h>
#include <tools/file_error.h>
#include <tools/plot/bench_json.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace wengert {
namespace {

using Json = nlohmann::json;

double nanoseconds(const Json& run) {
  const std::string unit = run.value("time_unit", "ns");
  const double factor = unit == "s" ? 1e9 : unit == "ms" ? 1e6 : unit == "us" ? 1e3 : unit == "ns" ? 1 : 0;
  if (factor == 0)
    throw ValueError("a benchmark has the time unit \"" + unit + "\", expected ns, us, ms or s");
  return run.at("real_time").get<double>() * factor;
}

struct Name {
  std::string group, form;  // "batch_norm/forward", "staged"
  double size = 0;          // 0: none
};

bool is_number(const std::string& part) {
  return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
}

// "batch_norm/forward/staged/128/256", also "n:128", and the likes of "/real_time" behind it.
Name parse_name(const std::string& text) {
  std::vector<std::string> words;
  Name name;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    const std::string part = text.substr(at, end - at);
    at = end + 1;
    const std::string number = part.substr(part.find(':') == std::string::npos ? 0 : part.find(':') + 1);
    const bool about_the_run = part.starts_with("repeats:") || part.starts_with("iterations:") ||
                               part.starts_with("min_time:") || part.starts_with("threads:");
    if (about_the_run) continue;
    if (is_number(number)) {
      name.size = (name.size > 0 ? name.size : 1) * std::stod(number);
    } else if (name.size == 0) {
      words.push_back(part);
    }
  }
  if (words.size() > 1) {
    name.form = words.back();
    words.pop_back();
  }
  for (const std::string& word : words) name.group += (name.group.empty() ? "" : "/") + word;
  if (name.form.empty()) name.form = name.group;
  return name;
}

struct Samples {
  std::vector<double> values;
  double median = 0;  // as Google Benchmark worked it out; 0: it did not
};

PlotPoint point(double size, const Samples& samples) {
  if (samples.values.empty()) return {size, samples.median, samples.median, samples.median};
  const auto [low, high] = std::ranges::minmax(samples.values);
  double sum = 0;
  for (const double v : samples.values) sum += v;
  const double mean = sum / static_cast<double>(samples.values.size());
  return {size, samples.median > 0 ? samples.median : mean, low, high};
}

class Panels {
 public:
  void add(const Name& name, const std::string& measure, double value, bool median) {
    const std::string key = name.group + "\n" + measure;
    if (!series_.contains(key)) order_.push_back(key);
    std::vector<std::string>& forms = forms_[key];
    if (std::ranges::find(forms, name.form) == forms.end()) forms.push_back(name.form);
    Samples& samples = series_[key][name.form][name.size];
    if (median) {
      samples.median = value;
    } else {
      samples.values.push_back(value);
    }
  }

  std::vector<PlotPanel> panels() const {
    std::vector<PlotPanel> out;
    for (const std::string& key : order_) {
      const std::string group = key.substr(0, key.find('\n')), measure = key.substr(key.find('\n') + 1);
      PlotPanel panel{.title = group, .x_label = "elements", .y_label = measure, .series = {}};
      for (const std::string& form : forms_.at(key)) {
        PlotSeries series{.name = form, .points = {}, .floor = form == "floor" || form == "copy"};
        for (const auto& [size, samples] : series_.at(key).at(form))
          series.points.push_back(point(size, samples));
        panel.series.push_back(std::move(series));
      }
      out.push_back(std::move(panel));
    }
    return out;
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, std::vector<std::string>> forms_;
  std::map<std::string, std::map<std::string, std::map<double, Samples>>> series_;
};

void add_run(const Json& run, Panels& panels) {
  if (run.contains("error_occurred") && run["error_occurred"].get<bool>()) return;
  const bool aggregate = run.value("run_type", "iteration") == "aggregate";
  const bool median = aggregate && run.value("aggregate_name", "") == "median";
  if (aggregate && !median) return;
  const Name name = parse_name(run.value("run_name", run.value("name", "")));
  if (name.size == 0) return;
  panels.add(name, "seconds", nanoseconds(run) * 1e-9, median);
  for (const char* bytes : {"max_bytes_used", "peak_bytes"}) {
    if (run.contains(bytes) && run[bytes].is_number()) {
      panels.add(name, "peak bytes", run[bytes].get<double>(), median);
      break;
    }
  }
}

}  // namespace

std::vector<PlotPanel> bench_panels(std::string_view text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded())
    throw FileError(file + ": is not JSON, expected what --benchmark_out=FILE.json writes");
  if (!json.is_object() || !json.contains("benchmarks") || !json["benchmarks"].is_array())
    throw FileError(file + ": has no \"benchmarks\", expected what --benchmark_out=FILE.json writes");
  Panels panels;
  try {
    for (const Json& run : json["benchmarks"]) add_run(run, panels);
  } catch (const Json::exception& error) {
    const std::string reason = error.what();  // "[json.exception.type_error.306] cannot use …"
    throw FileError(file + ": has a benchmark that cannot be read:" +
                    reason.substr(std::min(reason.find(' '), reason.size())));
  } catch (const ValueError& error) {
    throw FileError(file + ": " + error.what());
  }
  return panels.panels();
}

std::vector<PlotPanel> read_bench(const std::filesystem::path& file) {
  return bench_panels(file_bytes(file), file.string());
}

}  // namespace wengert
