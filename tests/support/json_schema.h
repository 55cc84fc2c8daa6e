// SPDX-License-Identifier: MIT
// The part of JSON Schema that docs/comparison.schema.json uses: type, enum, properties, required,
// additionalProperties, items, minimum, anyOf and $ref to $defs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace wengert::test {

class JsonSchema {
 public:
  explicit JsonSchema(nlohmann::json root) : root_(std::move(root)) {}

  /// What is wrong with `value`, a line each; empty when it is valid.
  std::vector<std::string> violations(const nlohmann::json& value) const { return check(root_, value, "$"); }

 private:
  using Json = nlohmann::json;

  static bool is_type(const std::string& type, const Json& v) {
    if (type == "object") return v.is_object();
    if (type == "array") return v.is_array();
    if (type == "string") return v.is_string();
    if (type == "boolean") return v.is_boolean();
    if (type == "integer") return v.is_number_integer();
    if (type == "number") return v.is_number();
    return type == "null" && v.is_null();
  }

  std::vector<std::string> check(const Json& schema, const Json& v, const std::string& at) const {
    if (schema.contains("$ref")) {
      const auto path = schema["$ref"].get<std::string>();
      return check(root_.at("$defs").at(path.substr(path.rfind('/') + 1)), v, at);
    }
    std::vector<std::string> found;
    const auto add = [&](const std::vector<std::string>& more) {
      found.insert(found.end(), more.begin(), more.end());
    };
    if (schema.contains("anyOf")) {
      bool any = false;
      for (const Json& choice : schema["anyOf"]) any = any || check(choice, v, at).empty();
      if (!any) found.push_back(at + " is none of its choices");
    }
    if (schema.contains("type")) {
      const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
      bool any = false;
      for (const Json& type : types) any = any || is_type(type.get<std::string>(), v);
      if (!any) return {at + " is of another type than " + types.dump()};
    }
    if (schema.contains("enum")) {
      bool any = false;
      for (const Json& choice : schema["enum"]) any = any || choice == v;
      if (!any) found.push_back(at + " is not one of " + schema["enum"].dump());
    }
    if (schema.contains("minimum") && v.is_number() && v < schema["minimum"])
      found.push_back(at + " is too small");
    if (v.is_object()) {
      for (const Json& name : schema.value("required", Json::array())) {
        if (!v.contains(name.get<std::string>())) found.push_back(at + " has no " + name.get<std::string>());
      }
      const Json properties = schema.value("properties", Json::object());
      for (const auto& [name, member] : v.items()) {
        if (properties.contains(name)) {
          add(check(properties[name], member, at + "." + name));
        } else if (schema.value("additionalProperties", true) == false) {
          found.push_back(at + " has " + name + ", which the schema does not know");
        }
      }
    }
    if (v.is_array() && schema.contains("items")) {
      for (std::size_t i = 0; i < v.size(); ++i)
        add(check(schema["items"], v[i], at + "[" + std::to_string(i) + "]"));
    }
    return found;
  }

  Json root_;
};

}  // namespace wengert::test
