// SPDX-License-Identifier: MIT
#include <tools/conform/case.h>
#include <tools/conform/json_file.h>

#include <algorithm>

namespace wengert::conform {
namespace {

Tolerance tolerance_of(const Json& json) {
  return {.first = json.at("first"),
          .second = json.at("second"),
          .higher = json.at("higher"),
          .floor = json.at("floor")};
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
  c.dtypes = json.at("dtypes");
  c.optional_dtypes = json.at("optional_dtypes");
  c.optional = json.at("optional");
  c.origin = json.at("origin");
  for (const auto& [dtype, tolerance] : json.at("tolerance").items())
    c.tolerance[dtype] = tolerance_of(tolerance);
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
  c.dtypes = json.at("dtypes");
  c.origin = json.at("origin");
  // Values alone: there is no second derivative to allow for.
  for (const auto& [dtype, tolerance] : json.at("tolerance").items())
    c.tolerance[dtype] = {
        .first = tolerance.at("first"), .second = 0, .higher = 0, .floor = tolerance.at("floor")};
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
    if (at(where, [&] { return json.at("kind") != kind; })) continue;
    cases.push_back(at(where, [&] { return read(json, folder); }));
  }
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
