// SPDX-License-Identifier: MIT
// The `wengert` program from outside: exit codes, and what it says.
#include <sys/wait.h>
#include <tests/support/catch.h>
#include <tests/support/source_folder.h>
#include <tests/support/temporary_folder.h>
#include <tools/draw/render.h>
#include <tools/npy.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

using namespace wengert;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

struct Answer {
  int code;
  std::string text;  // both streams
};

Answer wengert_says(const std::string& arguments, const std::string& streams = "2>&1") {
  const std::string command = std::string(WENGERT_PROGRAM) + " " + arguments + " " + streams;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> chunk{};
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe)) text.append(chunk.data(), n);
  const int status = pclose(pipe);
  REQUIRE(WIFEXITED(status));
  return {WEXITSTATUS(status), text};
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("wengert compare: agrees with code 0 and a table", "[cli]") {
  for (const char* arguments : {"--shape 9x5", "--shape 4x3x5 --dtype float64",
                                "--shape 2,3,4,5 --layout NHWC", "--shape 5x9 --layout DN"}) {
    const Answer answer = wengert_says(std::string("compare batch_norm --seconds 0 ") + arguments);
    INFO(arguments << "\n" << answer.text);
    CHECK(answer.code == 0);
    CHECK_THAT(answer.text, ContainsSubstring("batch_norm: the forms agree"));
  }
}

TEST_CASE("wengert compare: every layer agrees with itself", "[cli]") {
  for (const std::string arguments :
       {"layer_norm --shape 5x3x4 --axes 2", "rms_norm --shape 6x7", "group_norm --shape 3x6x5 --groups 2",
        "group_norm --shape 2x5x6 --groups 3 --layout NLC --dtype float64", "instance_norm --shape 2x3x5",
        "batch_norm_relu --shape 9x5 --dtype float64", "linear --shape 6x5",
        "softmax_cross_entropy --shape 7x5"}) {
    const Answer answer = wengert_says("compare --seconds 0 " + arguments);
    INFO(arguments << "\n" << answer.text);
    CHECK(answer.code == 0);
    CHECK_THAT(answer.text, ContainsSubstring("the forms agree"));
  }
}

TEST_CASE("wengert check: a right gradient passes with code 0, and an undecided one does not", "[cli]") {
  const Answer right = wengert_says("check batch_norm --shape 9x5 --form staged --second");
  INFO(right.text);
  CHECK(right.code == 0);
  CHECK_THAT(right.text, ContainsSubstring("batch_norm staged: pass"));
  CHECK_THAT(right.text, ContainsSubstring("Taylor test along gamma"));
  const Answer json = wengert_says("check rms_norm --shape 6x7 --json");
  CHECK(nlohmann::json::parse(json.text)["verdict"] == "pass");

  const TemporaryFolder folder;
  write_npy(folder.path() / "x.npy", Tensor<double>({3, 2}, {1, 2, std::nan(""), 5, 8, 13}));
  const Answer open = wengert_says("check batch_norm --input " + (folder.path() / "x.npy").string());
  CHECK(open.code == 1);
  CHECK_THAT(open.text, ContainsSubstring("undecided, x: the value is not finite"));
}

TEST_CASE("wengert compare: --sweep says from which size on the closed form pays", "[cli]") {
  const Answer answer = wengert_says("compare batch_norm --seconds 0 --shape 64x8 --sweep");
  INFO(answer.text);
  CHECK(answer.code == 0);
  for (const char* size : {"[4, 8]", "[16, 8]", "[64, 8]", "The closed form"})
    CHECK_THAT(answer.text, ContainsSubstring(size));
}

TEST_CASE("wengert compare: --json prints one JSON document and nothing else", "[cli]") {
  const Answer answer = wengert_says("compare batch_norm --seconds 0 --shape 9x5 --json");
  CHECK(answer.code == 0);
  CHECK(nlohmann::json::parse(answer.text)["layer"] == "batch_norm");
}

TEST_CASE("wengert compare: reads x from a .npy file", "[cli]") {
  const TemporaryFolder folder;
  write_npy(folder.path() / "x.npy", Tensor<double>({3, 2}, {1, 2, 3, 5, 8, 13}));
  const Answer answer =
      wengert_says("compare batch_norm --seconds 0 --input " + (folder.path() / "x.npy").string());
  CHECK(answer.code == 0);
  CHECK_THAT(answer.text, ContainsSubstring("x [3, 2]"));
}

TEST_CASE("wengert: wrong usage is code 2 and says what was expected", "[cli]") {
  const auto [arguments, message] = GENERATE(table<std::string, std::string>(
      {{"", "A subcommand is required"},
       {"compare", "layer is required"},
       {"compare batch_nrm",
        "layer: \"batch_nrm\" is not known, expected one of: batch_norm, layer_norm, "
        "rms_norm, group_norm, instance_norm, batch_norm_relu, linear, softmax_cross_entropy"},
       {"compare batch_norm --dtype float16", "float16 not in {float32,float64}"},
       {"compare batch_norm --shape 3x-4", "--shape: \"3x-4\" came, expected extents such as 128x256"},
       {"compare batch_norm --shape 99999999999999999999", "expected extents such as 128x256"},
       {"compare batch_norm --shape 999999999x999999999", "more than 2^56 elements"},
       {"compare batch_norm --shape 3x4 --layout NCHW", "--layout: NCHW names 4 axes, x has 2"},
       {"compare batch_norm --shape 3x4 --layout NX",
        "--layout: \"NX\" came, expected letters of N C D H W L with one C, such as NCHW, or DN"},
       {"compare batch_norm --shape 1x4",
        "batch_norm: x has shape [1, 4] with 1 values per channel, expected at least 2 in training"},
       {"compare batch_norm --shape 7", "batch_norm: x has shape [7], expected rank 2 or more"},
       {"compare batch_norm --eps=-1", "batch_norm: eps is -1, expected a finite number >= 0"},
       {"compare layer_norm --shape 3x4 --axes 3",
        "layer_norm: x has shape [3, 4], expected at least the 3 axes that are normalised over"},
       {"compare layer_norm --shape 3x4 --layout NC",
        "--layout: layer_norm normalises over trailing axes, expected --axes instead"},
       {"compare group_norm --shape 2x6x3 --groups 4",
        "group_norm: x has shape [2, 6, 3] with 6 channels, expected a number that its 4 groups divide"},
       {"compare batch_norm --no-such-option", "--no-such-option"},
       {"compare batch_norm --groups 3", "--groups: batch_norm has no use for it"},
       {"check linear --eps 1e-3", "--eps: linear has no use for it"},
       {"graph group_norm --axes 2", "--axes: group_norm has no use for it"},
       {"graph batch_norm --form unfused", "unfused not in {staged,fused}"},
       {"graph batch_norm -o picture.gif", ".gif"}}));
  INFO(arguments);
  const Answer answer = wengert_says(arguments);
  CHECK(answer.code == 2);
  CHECK_THAT(answer.text, ContainsSubstring(message));
}

TEST_CASE("wengert: an empty value is wrong usage, as is half a setting", "[cli]") {
  CHECK_THAT(wengert_says("compare batch_norm --input ''").text,
             ContainsSubstring("--input: an empty value came, expected one"));
  CHECK(wengert_says("graph batch_norm --eps ''").code == 2);
  CHECK_THAT(wengert_says("graph batch_norm --set x").text,
             ContainsSubstring("--set: \"x\" came, expected a name and numbers, such as x=1,3,1,3"));
}

TEST_CASE("wengert: tensors without elements and groups of one are no trouble", "[cli]") {
  for (const std::string layer :
       {"layer_norm --shape 0x5", "rms_norm --shape 0x5", "group_norm --shape 0x4x4 --groups 4",
        "batch_norm --shape 5x0", "linear --shape 0x5", "layer_norm --shape 5x1 --dtype float64",
        "layer_norm --shape 3x4x1x1 --axes 2"}) {
    const Answer check = wengert_says("check " + layer);
    INFO(layer << "\n" << check.text);
    CHECK(check.code == 0);
    CHECK(wengert_says("compare --seconds 0 " + layer).code <= 1);
  }
  CHECK(wengert_says("compare layer_norm --shape 5x1 --seconds 0").code == 0);
}

TEST_CASE("wengert compare: values that are finite in neither form speak against none", "[cli]") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "x.npy";
  Tensor<float> x({8, 4}, std::vector<float>(32, 1.0F));
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<float>(i * i % 11);
  x.mutable_data()[1] = std::numeric_limits<float>::quiet_NaN();
  write_npy(file, x);
  const Answer answer = wengert_says("compare batch_norm --seconds 0 --input " + file.string());
  INFO(answer.text);
  CHECK(answer.code == 0);
  CHECK_THAT(answer.text, ContainsSubstring("the forms agree") && !ContainsSubstring("found:"));
}

TEST_CASE("wengert check: what is lost in rounding is undecided, not wrong", "[cli]") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "x.npy";
  Tensor<float> x({8, 4}, std::vector<float>(32, 0.0F));
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] = 1e-44F * static_cast<float>(i * i % 11);
  write_npy(file, x);
  const Answer check = wengert_says("check batch_norm --input " + file.string());
  INFO(check.text);
  CHECK(check.code == 1);
  CHECK_THAT(check.text,
             ContainsSubstring("undecided, x: what it changes is lost in the rounding of the value"));
  CHECK(wengert_says("compare batch_norm --seconds 0 --input " + file.string()).code == 0);
}

TEST_CASE("wengert: an output that cannot be written is code 3, and an old file stays as it was", "[cli]") {
  const TemporaryFolder folder;
  const std::string report = (folder.path() / "nowhere" / "r.html").string();
  const Answer early = wengert_says("compare batch_norm --report " + report);
  CHECK(early.code == 3);
  CHECK(early.text == "wengert: " + report + ": cannot be written (No such file or directory)\n");
  CHECK(wengert_says("compare batch_norm --report r.txt").code == 2);
  if (!std::filesystem::exists("/dev/full")) return;
  CHECK_THAT(wengert_says("check rms_norm --shape 3x4", "2>&1 >/dev/full").text,
             ContainsSubstring("wengert: the output cannot be written"));
  CHECK(wengert_says("--help", "2>&1 >/dev/full").code == 3);
  const auto old = folder.path() / "old.svg";
  std::ofstream(old) << "old";
  const std::string command = "trap '' XFSZ; ulimit -f 4; " + std::string(WENGERT_PROGRAM) +
                              " graph batch_norm --backward -o " + old.string() + " 2>/dev/null";
  CHECK(std::system(command.c_str()) != 0);
  CHECK(contents(old) == "old");
}

TEST_CASE("wengert: an unreadable input is code 3 and names the file", "[cli]") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "broken.npy";
  std::ofstream(file) << "not an array";
  for (const std::string& input : {file.string(), (folder.path() / "missing.npy").string()}) {
    const Answer answer = wengert_says("compare batch_norm --input " + input);
    INFO(answer.text);
    CHECK(answer.code == 3);
    CHECK_THAT(answer.text, ContainsSubstring(input));
  }
}

TEST_CASE("wengert graph: DOT text is the same in two runs, for both forms, with and without backward",
          "[cli]") {
  const TemporaryFolder folder;
  for (const std::string arguments :
       {"--form staged", "--form fused", "--form staged --backward", "--form fused --backward",
        "--form staged --layout NCHW --shape 2x3x4x5"}) {
    const auto file = folder.path() / "graph.dot";
    CHECK(wengert_says("graph batch_norm " + arguments + " -o " + file.string()).code == 0);
    const std::string first = contents(file);
    CHECK_THAT(first, StartsWith("digraph"));
    CHECK(wengert_says("graph batch_norm " + arguments, "2>/dev/null").text == first);
  }
}

TEST_CASE("wengert conform: code 0 when all that is required passes, 3 for a folder that is none", "[cli]") {
  const std::string folder = (testing::source_folder() / "tests/conformance/cases").string();
  const Answer answer = wengert_says("conform " + folder, "2>/dev/null");
  CHECK(answer.code == 0);
  CHECK_THAT(answer.text, ContainsSubstring("behaviours 72 met, 0 unmet\n"));
  CHECK(nlohmann::json::parse(
            wengert_says("conform --json " + folder, "2>/dev/null").text)["counts"]["required"]["failed"] ==
        0);
  const TemporaryFolder empty;
  const Answer none = wengert_says("conform " + empty.path().string());
  CHECK(none.code == 3);
  CHECK_THAT(none.text, ContainsSubstring("manifest.json: no such file"));
  CHECK(wengert_says("conform").code == 2);
}

TEST_CASE("wengert train: both forms side by side, the curves drawn if gnuplot is there", "[cli]") {
  const TemporaryFolder folder;
  const auto svg = folder.path() / "curves.svg";
  const Answer answer = wengert_says("train --epochs 1 --plot " + svg.string());
  INFO(answer.text);
  CHECK_THAT(answer.text, ContainsSubstring("largest difference between the loss curves"));
  if (answer.code == 0) {
    CHECK_THAT(contents(svg), ContainsSubstring("<svg"));
  } else {
    CHECK(answer.code == 2);
    CHECK_THAT(answer.text, ContainsSubstring("gnuplot is not installed"));
    CHECK_FALSE(std::filesystem::exists(svg));
  }
  const Answer json = wengert_says("train --epochs 1 --form fused --norm none --json", "2>/dev/null");
  CHECK(json.code == 0);
  CHECK(nlohmann::json::parse(json.text)["runs"].size() == 1);
}

TEST_CASE("wengert train: a loss that is not finite is said, with code 1", "[cli]") {
  const Answer answer = wengert_says("train --epochs 1 --form fused --norm none --learning-rate 1e30");
  CHECK(answer.code == 1);
  CHECK_THAT(answer.text, ContainsSubstring("the loss of the fused form is not finite from step "));
}

TEST_CASE("wengert train: wrong options are code 2, missing data code 3", "[cli]") {
  CHECK(wengert_says("train --norm spectral_norm").code == 2);
  CHECK(wengert_says("train --epochs 0").code == 2);
  CHECK(wengert_says("train --learning-rate -1").code == 2);
  const TemporaryFolder empty;
  const Answer answer = wengert_says("train --data " + empty.path().string());
  CHECK(answer.code == 3);
  CHECK_THAT(answer.text, ContainsSubstring("digits_images.npy"));
}

TEST_CASE("wengert --help names the commands and the exit codes", "[cli]") {
  const Answer answer = wengert_says("--help");
  CHECK(answer.code == 0);
  CHECK_THAT(answer.text, ContainsSubstring("compare"));
  CHECK_THAT(answer.text, ContainsSubstring("graph"));
  CHECK_THAT(answer.text, ContainsSubstring("conform"));
  CHECK_THAT(answer.text, ContainsSubstring("3 a file that cannot be read or written"));
}

TEST_CASE("wengert compare --report: the page's verdict is that of the exit code", "[cli]") {
  const TemporaryFolder folder;
  const std::string page = (folder.path() / "report.html").string();
  const Answer agreed = wengert_says("compare batch_norm --shape 9x5 --seconds 0 --report " + page);
  CHECK(agreed.code == 0);
  CHECK_THAT(agreed.text, ContainsSubstring("report.html: report written"));
  CHECK_THAT(contents(page), ContainsSubstring("<p class=\"verdict good\">batch_norm: the forms agree"));
  CHECK(wengert_says("compare batch_norm --seconds 0 --bench x.json").code == 2);
  CHECK(wengert_says("compare batch_norm --seconds 0 --report " + page + " --bench missing.json").code == 3);
}

TEST_CASE("wengert plot: an SVG, or what is missing", "[cli]") {
  const TemporaryFolder folder;
  const std::string bench = (folder.path() / "bench.json").string(),
                    svg = (folder.path() / "plot.svg").string();
  std::ofstream(bench) << R"({"benchmarks": [{"name": "n/f/fused/8/4", "real_time": 7, "time_unit": "us"}]})";
  const Answer answer = wengert_says("plot " + bench + " -o " + svg);
  if (answer.code == 0) {
    CHECK_THAT(contents(svg), ContainsSubstring("</svg>"));
  } else {
    CHECK_THAT(answer.text, ContainsSubstring("gnuplot is not installed"));
  }
  CHECK(wengert_says("plot missing.json").code == 3);
  const Answer none = wengert_says("plot " + (testing::source_folder() / "README.md").string());
  CHECK(none.code == 3);
  CHECK_THAT(none.text, ContainsSubstring("README.md: is not JSON"));
  CHECK_THAT(wengert_says("plot " + bench + " -o plot.png").text,
             ContainsSubstring("plot.png: expected a file that ends in .svg"));
}

TEST_CASE("wengert graph: every layer in every view is a picture", "[cli]") {
  if (!can_render()) return;
  const TemporaryFolder folder;
  const std::string svg = (folder.path() / "layer.svg").string();
  for (const std::string layer :
       {"batch_norm", "layer_norm", "rms_norm", "group_norm --shape 2x4x3 --groups 2",
        "instance_norm --shape 2x4x3", "batch_norm_relu", "linear", "softmax_cross_entropy"}) {
    for (const std::string view : {"staged", "fused", "overlay", "sheet --seconds 0", "heat"}) {
      const Answer answer = wengert_says("graph " + layer + " --view " + view + " -o " + svg);
      INFO(layer << " " << view << "\n" << answer.text);
      CHECK(answer.code == 0);
      CHECK_THAT(contents(svg), ContainsSubstring("</svg>"));
    }
  }
}

TEST_CASE("wengert graph: every view, and numbers of one's own", "[cli]") {
  const std::string numbers =
      "--shape 4x1 --eps 0 --set x=1,3,1,3 --set gamma=2 --set beta=1 --set dy=1,0,0,0";
  for (const std::string form : {"staged", "fused"}) {
    const Answer overlay =
        wengert_says("graph batch_norm --view overlay --form " + form + " " + numbers, "2>/dev/null");
    CHECK(overlay.code == 0);
    CHECK_THAT(overlay.text, ContainsSubstring("(1, 0, −1, 0)"));
  }
  for (const std::string view :
       {"staged", "fused", "heat", "heat --by bytes", "heat --by error", "sheet --seconds 0"})
    CHECK_THAT(wengert_says("graph batch_norm --shape 5x3 --view " + view, "2>/dev/null").text,
               StartsWith("digraph"));
  CHECK_THAT(wengert_says("graph batch_norm --shape 4x1 --set x=1,2").text,
             ContainsSubstring("--set: 2 numbers came for x, expected 4, or one"));
  CHECK_THAT(wengert_says("graph batch_norm --set z=1").text,
             ContainsSubstring("\"z\" is no input of batch_norm"));
  CHECK_THAT(wengert_says("graph batch_norm --set x=one").text,
             ContainsSubstring("\"x=one\" came, expected a name and numbers"));
}
