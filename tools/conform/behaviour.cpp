// SPDX-License-Identifier: MIT
#include <tools/conform/behaviour.h>
#include <tools/conform/json_file.h>

#include <limits>

namespace wengert::conform {
namespace {

// JSON has no word for these.
double number_of(const Json& json) {
  if (json == "inf") return std::numeric_limits<double>::infinity();
  if (json == "-inf") return -std::numeric_limits<double>::infinity();
  if (json == "nan") return std::numeric_limits<double>::quiet_NaN();
  return json.get<double>();
}

std::vector<double> numbers_of(const Json& json) {
  std::vector<double> numbers;
  for (const Json& number : json) numbers.push_back(number_of(number));
  return numbers;
}

Behaviour behaviour_of(const Json& json) {
  Behaviour b;
  b.id = json.at("id");
  b.layer = json.at("layer");
  const Json& config = json.at("config");
  b.mode = config.value("mode", "");
  b.layout = config.value("layout", "");
  b.eps = config.value("eps", b.eps);
  b.groups = config.value("groups", 0);
  if (config.contains("momentum") && !config.at("momentum").is_null()) b.momentum = config.at("momentum");
  if (config.contains("normalized_shape")) b.normalized_shape = shape_of(config.at("normalized_shape"));
  for (const char* name : {"running_mean", "running_var"}) {
    if (!config.contains(name)) continue;
    const std::vector<double> numbers = numbers_of(config.at(name));
    b.inputs[name] = Tensor<double>({static_cast<Index>(numbers.size())}, numbers);
  }
  for (const auto& [name, input] : json.at("inputs").items())
    b.inputs[name] = Tensor<double>(shape_of(input.at("shape")), numbers_of(input.at("values")));

  const Json& expect = json.at("expect");
  b.kind = expect.at("kind");
  if (b.kind != "confined") return b;
  b.outputs = expect.at("outputs");
  b.rtol_float64 = expect.at("rtol_float64");
  b.bad_groups = expect.at("bad_groups").get<std::vector<Index>>();
  for (const std::string& output : b.outputs)
    b.values[output] = numbers_of(json.at("torch_1_13_double").at(output));
  for (const char* state : {"running_mean_out", "running_var_out"}) {
    if (json.at("torch_1_13_double").contains(state))
      b.values[state] = numbers_of(json.at("torch_1_13_double").at(state));
  }
  return b;
}

}  // namespace

std::vector<Behaviour> load_behaviours(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "behaviours.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  const Json json = parse_json_file(path);
  if (!json.is_array()) throw FileError(path.string() + ": is not a list, expected a list of behaviours");
  std::vector<Behaviour> behaviours;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string where = path.string() + ": entry " + std::to_string(i);
    behaviours.push_back(at(where, [&] { return behaviour_of(json[i]); }));
  }
  return behaviours;
}

}  // namespace wengert::conform
