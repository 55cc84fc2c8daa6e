// SPDX-License-Identifier: MIT
#include <tests/conformance/reference_folder.h>
#include <tests/support/catch.h>
#include <tests/support/temporary_folder.h>
#include <tools/conform/behaviour.h>
#include <tools/conform/case.h>
#include <tools/file_bytes.h>

#include <cmath>

using namespace wengert;
using namespace wengert::conform;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string sound_case = R"({"name": "a", "kind": "numeric", "file": "a.npz", "layer": "batch_norm",
  "mode": "train", "layout": "NC", "shape": [4, 2], "eps": 0.5, "dtypes": ["float64"], "optional_dtypes": ["float32"],
  "optional": false, "origin": "generated", "unrepresentable": {"float32": ["ddx"]},
  "tolerance": {"float64": {"first": 1, "second": 2, "higher": 3, "floor": 4}}})";

std::string manifest(const std::string& cases, const std::string& version = "1") {
  return R"({"format": "norm-conformance", "version": )" + version + R"(, "cases": [)" + cases + "]}";
}

// `text` with `from` replaced once.
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

std::string case_error(const std::string& text) {
  const TemporaryFolder folder;
  write_file_bytes(folder / "manifest.json", text);
  try {
    load_cases(folder.path());
  } catch (const FileError& error) {
    return folder.without(error.what());
  }
  return "no error";
}

std::vector<Behaviour> behaviours_of(const std::string& text) {
  const TemporaryFolder folder;
  write_file_bytes(folder / "behaviours.json", text);
  return load_behaviours(folder.path());
}

}  // namespace

TEST_CASE("case: a manifest is read", "[conformance]") {
  const TemporaryFolder folder;
  write_file_bytes(folder / "manifest.json", manifest(R"({"name": "s", "kind": "sequence"}, )" + sound_case));
  const std::vector<Case> cases = load_cases(folder.path());
  REQUIRE(cases.size() == 1);
  const Case& c = cases[0];
  CHECK(c.name == "a");
  CHECK(c.file == folder / "a.npz");
  CHECK(c.layer == "batch_norm");
  CHECK(c.mode == "train");
  CHECK(c.shape == Shape{4, 2});
  CHECK(c.eps == 0.5);
  CHECK(c.dtypes == std::vector<std::string>{"float64"});
  CHECK(c.optional_dtypes == std::vector<std::string>{"float32"});
  CHECK(c.tolerance.at("float64").higher == 3);
  CHECK(c.unrepresentable.at("float32") == std::vector<std::string>{"ddx"});
}

TEST_CASE("case: every case of the reference folder has its file", "[conformance]") {
  const std::vector<Case> cases = load_cases(reference_folder());
  CHECK_FALSE(cases.empty());
  for (const Case& c : cases) CHECK(std::filesystem::is_regular_file(c.file));
}

TEST_CASE("case: a folder without a sound manifest is refused", "[conformance]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(load_cases(folder.path()), (folder / "manifest.json").string() + ": no such file");
  CHECK_THAT(case_error("not json"), ContainsSubstring("manifest.json: is not JSON"));
  CHECK_THAT(case_error("[]"), ContainsSubstring("manifest.json: "));
  CHECK(case_error(R"({"format": "onnx", "version": 1})") ==
        "manifest.json: format is onnx 1, expected norm-conformance 1");
  CHECK(case_error(manifest("", "2")) ==
        "manifest.json: format is norm-conformance 2, expected norm-conformance 1");
  CHECK_THAT(case_error(R"({"format": "norm-conformance", "version": 1})"), ContainsSubstring("'cases'"));
  CHECK_THAT(case_error(manifest("7")), ContainsSubstring("manifest.json: "));
}

TEST_CASE("case: what a case lacks or has of another type is named", "[conformance]") {
  for (const char* key :
       {"file", "layer", "mode", "layout", "shape", "eps", "dtypes", "tolerance", "optional"}) {
    const std::string text =
        case_error(manifest(replaced(sound_case, "\"" + std::string(key) + "\":", "\"other\":")));
    CHECK_THAT(text, ContainsSubstring("manifest.json: case a: ") && ContainsSubstring(key));
  }
  CHECK_THAT(case_error(manifest(replaced(sound_case, "0.5", "\"much\""))),
             ContainsSubstring("manifest.json: case a: "));
  CHECK(case_error(manifest(replaced(sound_case, "[4, 2]", "[4, -2]"))) ==
        "manifest.json: case a: shape [4, -2] has a negative extent");
}

TEST_CASE("case: the channel axis is where the layout has its C", "[conformance]") {
  CHECK(channel_axis("NC") == 1);
  CHECK(channel_axis("NCDHW") == 1);
  CHECK(channel_axis("NHWC") == 3);
  CHECK(channel_axis("NLC") == 2);
  CHECK_THROWS_WITH(channel_axis("last1"), "layout is last1, expected one with a C");
}

TEST_CASE("behaviour: entries are read, with the numbers that JSON has no word for", "[conformance]") {
  const std::vector<Behaviour> behaviours = behaviours_of(R"([{"id": "b", "layer": "batch_norm",
    "config": {"mode": "train", "layout": "NC"}, "inputs": {"x": {"shape": [3], "values": [1, "nan", "-inf"]}},
    "expect": {"kind": "confined", "outputs": ["y"], "rtol_float64": 0.5, "bad_groups": [2]},
    "torch_1_13_double": {"y": [1, "inf", 3]}}])");
  REQUIRE(behaviours.size() == 1);
  const Behaviour& b = behaviours[0];
  CHECK(b.eps == 1e-5);
  CHECK(std::isnan(b.inputs.at("x")[1]));
  CHECK(b.inputs.at("x")[2] < 0);
  CHECK(std::isinf(b.values.at("y")[1]));
  CHECK(b.bad_groups == std::vector<Index>{2});
}

TEST_CASE("behaviour: a folder need not have any, but those it has must be sound", "[conformance]") {
  const TemporaryFolder folder;
  CHECK(load_behaviours(folder.path()).empty());
  CHECK_THROWS_WITH(behaviours_of("{}"), ContainsSubstring("is not a list, expected a list of behaviours"));
  CHECK_THROWS_WITH(behaviours_of("[7]"), ContainsSubstring("behaviours.json: entry 0: "));
  CHECK_THROWS_WITH(behaviours_of(R"([{"id": "b", "layer": "l", "config": {},
    "inputs": {"x": {"shape": [2], "values": [1, "two"]}}, "expect": {"kind": "error"}}])"),
                    ContainsSubstring("behaviours.json: entry 0: "));
  CHECK_THROWS_WITH(behaviours_of(R"([{"id": "b", "layer": "l", "config": {},
    "inputs": {"x": {"shape": [2], "values": [1]}}, "expect": {"kind": "error"}}])"),
                    ContainsSubstring("behaviours.json: entry 0: "));
}

TEST_CASE("behaviour: one that is not met says what came instead", "[conformance]") {
  Behaviour b;
  b.id = "b";
  b.layer = "batch_norm";
  b.mode = "train";
  b.layout = "NC";
  b.inputs["x"] = Tensor<double>({2, 2}, {1, 5, 3, 7});
  b.kind = "error";
  for (const BehaviourResult& result : try_behaviour(b)) {
    CHECK_FALSE(result.met);
    CHECK(result.text == "no error");
  }
  b.kind = "confined";
  b.outputs = {"y"};
  b.bad_groups = {1};
  b.rtol_float64 = 1e-4;
  b.values["y"] = {-1, 0, 1, 0};
  for (const BehaviourResult& result : try_behaviour(b))
    CHECK(result.text == "y is finite in group 1, expected a non-finite value");
  b.bad_groups = {};
  for (const BehaviourResult& result : try_behaviour(b)) CHECK_FALSE(result.met);
  b.values["y"] = {-1};
  CHECK(try_behaviour(b)[0].text == "y has shape [2, 2], expected 1 values");

  b.kind = "surprise";
  CHECK_THROWS_WITH(try_behaviour(b), "b: kind is surprise, expected error, confined or error_or_empty");
  b.layer = "dropout";
  CHECK_THROWS_WITH(try_behaviour(b),
                    ContainsSubstring("b: layer is dropout in mode train, expected batch_norm"));
}
