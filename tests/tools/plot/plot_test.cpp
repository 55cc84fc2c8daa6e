// SPDX-License-Identifier: MIT
#include <tests/support/catch.h>
#include <tests/support/dot_statements.h>
#include <tools/file_error.h>
#include <tools/plot/bench_json.h>

#include <cstdlib>

using namespace wengert;
using namespace wengert::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;

namespace {

const std::string bench = R"({"context": {}, "benchmarks": [
 {"name": "norm/forward/staged/16/32", "run_name": "norm/forward/staged/16/32", "run_type": "iteration", "real_time": 4, "time_unit": "us", "max_bytes_used": 4096},
 {"name": "norm/forward/staged/16/32", "run_name": "norm/forward/staged/16/32", "run_type": "iteration", "real_time": 6, "time_unit": "us"},
 {"name": "norm/forward/staged/16/32_median", "run_name": "norm/forward/staged/16/32", "run_type": "aggregate", "aggregate_name": "median", "real_time": 4.5, "time_unit": "us"},
 {"name": "norm/forward/staged/16/32_mean", "run_name": "norm/forward/staged/16/32", "run_type": "aggregate", "aggregate_name": "mean", "real_time": 5, "time_unit": "us"},
 {"name": "norm/forward/fused/n:64/repeats:3", "run_type": "iteration", "real_time": 900, "time_unit": "ns"},
 {"name": "norm/forward/floor/64", "run_type": "iteration", "real_time": 100, "time_unit": "ns"},
 {"name": "norm/forward/fused/8", "error_occurred": true, "run_type": "iteration", "real_time": 0, "time_unit": "ns"},
 {"name": "without_size", "run_type": "iteration", "real_time": 1, "time_unit": "ns"}]})";

bool has_gnuplot() { return std::system("gnuplot --version > /dev/null 2>&1") == 0; }

// While it lives no program is found.
class EmptyPath {
 public:
  EmptyPath() : path_(std::getenv("PATH")) { setenv("PATH", "/nowhere", 1); }
  ~EmptyPath() { setenv("PATH", path_.c_str(), 1); }
  EmptyPath(const EmptyPath&) = delete;
  EmptyPath& operator=(const EmptyPath&) = delete;

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("measurements of Google Benchmark become series by form, with their spread", "[tools][plot]") {
  const std::vector<PlotPanel> panels = bench_panels(bench, "b.json");
  REQUIRE(panels.size() == 2);
  CHECK(panels[0].title == "norm/forward");
  CHECK(panels[0].y_label == "seconds");
  REQUIRE(panels[0].series.size() == 3);
  const PlotSeries& staged = panels[0].series[0];
  CHECK(staged.name == "staged");
  REQUIRE(staged.points.size() == 1);
  CHECK(staged.points[0].x == 512);
  CHECK(staged.points[0].y == 4500 * 1e-9);
  CHECK(staged.points[0].low == 4000 * 1e-9);
  CHECK(staged.points[0].high == 6000 * 1e-9);
  CHECK(panels[0].series[1].points.size() == 1);
  CHECK(panels[0].series[1].points[0].x == 64);
  CHECK(panels[0].series[2].floor);
  CHECK(panels[1].y_label == "peak bytes");
  CHECK(panels[1].series[0].points[0].y == 4096);
}

TEST_CASE("what is no benchmark file is refused", "[tools][plot]") {
  CHECK_THROWS_MATCHES(bench_panels("{", "b.json"), FileError,
                       Message("b.json: is not JSON, expected what --benchmark_out=FILE.json writes"));
  CHECK_THROWS_MATCHES(
      bench_panels("[1]", "b.json"), FileError,
      Message("b.json: has no \"benchmarks\", expected what --benchmark_out=FILE.json writes"));
  CHECK_THROWS_AS(bench_panels(R"({"benchmarks": [{"name": "a/b/3"}]})", "b.json"), FileError);
  CHECK_THROWS_MATCHES(
      bench_panels(R"({"benchmarks": [7]})", "b.json"), FileError,
      Message("b.json: has a benchmark that cannot be read: cannot use value() with number"));
  CHECK_THROWS_MATCHES(
      bench_panels(R"({"benchmarks": [{"name": "a/b/3", "real_time": 1, "time_unit": "d"}]})", "b.json"),
      FileError, Message("b.json: a benchmark has the time unit \"d\", expected ns, us, ms or s"));
  CHECK_THROWS_MATCHES(plot_svg(bench_panels(R"({"benchmarks": []})", "b.json")), ValueError,
                       Message("plot: no measurement came, expected at least one with a size"));
}

TEST_CASE("gnuplot draws every series, whatever it is called", "[tools][plot]") {
  std::vector<PlotPanel> panels = bench_panels(bench, "b.json");
  panels[0].series[0].name = "it's `date` \"$HOME\" staged";
  panels[0].title = "a_b'; system 'false'";
  const std::string script = gnuplot_script(panels);
  CHECK(contains(script, "'it''s `date` \"$HOME\" staged'"));
  CHECK(contains(script, "set title 'a_b''; system ''false''' noenhanced"));
  if (!has_gnuplot()) return;
  const std::string svg = plot_svg(panels);
  CHECK(contains(svg, "</svg>"));
  CHECK(contains(svg, "`date`"));
  CHECK(contains(svg, "fused"));
  CHECK(contains(svg, "peak bytes"));
}

TEST_CASE("without gnuplot a plot says what is missing", "[tools][plot]") {
  const EmptyPath nothing;
  CHECK_THROWS_MATCHES(run_gnuplot("plot sin(x)"), PlotError,
                       Message("plot: gnuplot is not installed, which plots need (install gnuplot-nox)"));
}

TEST_CASE("what gnuplot complains about is an error", "[tools][plot]") {
  if (!has_gnuplot()) return;
  CHECK_THROWS_AS(run_gnuplot("set terminal svg\nplot nonsense(x)\n"), PlotError);
  CHECK_THROWS_AS(run_gnuplot(""), PlotError);
}
