// SPDX-License-Identifier: MIT
#include <tools/conform/case.h>
#include <tools/conform/json_file.h>

#include <algorithm>

namespace wengert::conform {
namespace {

double allowance_of(const Json& json, const char* key) {
  const double allowance = json.at(key);
  if (!(allowance >= 0))
    throw ValueError(std::string("tolerance ") + key + " is " + json.at(key).dump() +
                     ", expected none below 0");
  return allowance;
}

// Members that the manifest lists, and that some numbers are to be judged in some type.
void read_what_is_judged(const Json& json, Case& c) {
  c.dtypes = json.at("dtypes");
  if (json.contains("optional_dtypes")) c.optional_dtypes = json.at("optional_dtypes");
  if (c.dtypes.empty() && c.optional_dtypes.empty())
    throw ValueError("dtypes is empty, expected one at least");
  if (!json.contains("arrays")) return;
  for (const auto& [name, described] : json.at("arrays").items()) {
    if (described.at("role") != "source") c.arrays.push_back(name);
  }
}

// The last axes of x.
Shape normalized_shape_of(const Json& json, const Shape& x) {
  const Shape shape = shape_of(json.at("normalized_shape"));
  const bool fits =
      shape.rank() <= x.rank() && std::equal(shape.begin(), shape.end(), x.end() - shape.rank());
  if (!fits)
    throw ShapeError("normalized_shape is " + to_string(shape) + ", expected the last axes of " +
                     to_string(x));
  return shape;
}

Case case_of(const Json& json, const std::filesystem::path& folder) {
  Case c;
  c.name = json.at("name");
  c.file = folder / json.at("file").get<std::string>();
  c.layer = json.at("layer");
  c.mode = json.at("mode");
  c.layout = json.at("layout");
  c.shape = shape_of(json.at("shape"));
  c.eps = json.at("eps");
  if (json.contains("momentum") && !json.at("momentum").is_null())
    c.momentum = json.at("momentum").get<double>();
  if (c.layer == "group_norm") c.groups = json.at("groups");
  if (c.layer == "layer_norm" || c.layer == "rms_norm")
    c.normalized_shape = normalized_shape_of(json, c.shape);
  read_what_is_judged(json, c);
  c.optional = json.at("optional");
  c.origin = json.at("origin");
  for (const auto& [dtype, tolerance] : json.at("tolerance").items())
    c.tolerance[dtype] = {.first = allowance_of(tolerance, "first"),
                          .second = allowance_of(tolerance, "second"),
                          .higher = allowance_of(tolerance, "higher"),
                          .floor = allowance_of(tolerance, "floor")};
  c.unrepresentable = json.at("unrepresentable");
  return c;
}

Case sequence_of(const Json& json, const std::filesystem::path& folder) {
  Case c;
  c.name = json.at("name");
  c.file = folder / json.at("file").get<std::string>();
  c.layer = json.at("layer");
  c.mode = "train";
  c.layout = json.at("layout");
  c.eps = json.at("eps");
  c.momentum = json.at("momentum").get<double>();
  c.steps = json.at("steps");
  read_what_is_judged(json, c);
  c.origin = json.at("origin");
  // Values alone: there is no second derivative to allow for.
  for (const auto& [dtype, tolerance] : json.at("tolerance").items())
    c.tolerance[dtype] = {.first = allowance_of(tolerance, "first"),
                          .second = 0,
                          .higher = 0,
                          .floor = allowance_of(tolerance, "floor")};
  const std::string rule = json.at("variance_rule");
  if (rule != "unbiased") throw FileError(c.name + ": variance_rule is " + rule + ", expected unbiased");
  return c;
}

template <class Read>
std::vector<Case> cases_of_kind(const char* kind, Read read, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "manifest.json";
  const Json manifest = parse_json_file(path);
  const std::string format = at(path.string(), [&] { return manifest.at("format").get<std::string>(); });
  const int version = at(path.string(), [&] { return manifest.at("version").get<int>(); });
  if (format != "norm-conformance" || version != 1) {
    throw FileError(path.string() + ": format is " + format + " " + std::to_string(version) +
                    ", expected norm-conformance 1");
  }
  std::vector<Case> cases;
  for (const Json& json : at(path.string(), [&] { return manifest.at("cases"); })) {
    const std::string name = at(path.string(), [&] { return json.at("name").get<std::string>(); });
    const std::string where = path.string() + ": case " + name;
    const std::string of_case = at(where, [&] { return json.at("kind").get<std::string>(); });
    if (of_case != "numeric" && of_case != "sequence")
      throw FileError(where + ": kind is " + of_case + ", expected numeric or sequence");
    if (of_case == kind) cases.push_back(at(where, [&] { return read(json, folder); }));
  }
  expect_count(path, manifest, kind, cases.size());
  return cases;
}

}  // namespace

std::vector<Case> load_cases(const std::filesystem::path& folder) {
  return cases_of_kind("numeric", case_of, folder);
}

std::vector<Case> load_sequences(const std::filesystem::path& folder) {
  return cases_of_kind("sequence", sequence_of, folder);
}

int channel_axis(const std::string& layout) {
  const std::size_t axis = layout.find('C');
  if (axis == std::string::npos) throw FileError("layout is " + layout + ", expected one with a C");
  return static_cast<int>(axis);
}

}  // namespace wengert::conform
