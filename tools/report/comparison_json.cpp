// SPDX-License-Identifier: MIT
#include <tools/report/comparison_json.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace wengert {
namespace {

using Json = nlohmann::ordered_json;

Json shape_json(const Shape& shape) { return Json(std::vector<Index>(shape.begin(), shape.end())); }

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json quartiles_json(const Quartiles& q) {
  return {{"lower", q.lower}, {"median", q.median}, {"upper", q.upper}};
}

Json agreement_json(const AgreementRow& r) {
  return {{"what", r.what},
          {"agrees", r.agrees},
          {"difference", number(r.difference)},
          {"relative", number(r.relative)},
          {"of_allowance", number(r.of_allowance)},
          {"staged_error", number(r.accuracy.staged_error)},
          {"fused_error", number(r.accuracy.fused_error)},
          {"condition", number(r.condition)},
          {"non_finite", r.non_finite}};
}

Json saved_json(const Graph& graph) {
  Json saved = Json::array();
  for (const GraphNode& node : graph.nodes) {
    for (const SavedTensor& tensor : node.saved) {
      saved.push_back({{"node", node.id},
                       {"op", node.op},
                       {"name", tensor.name},
                       {"shape", shape_json(tensor.shape)},
                       {"bytes", tensor.bytes},
                       {"buffer", tensor.buffer},
                       {"held_by_caller", tensor.held_by_caller}});
    }
  }
  return saved;
}

Json form_json(const FormReport& form) {
  Json out{{"op_nodes", form.memory.op_nodes},
           {"saved_bytes", form.memory.saved_bytes},
           {"peak_bytes", form.memory.peak_bytes},
           {"saved", saved_json(form.memory.graph)},
           {"time_ns", nullptr}};
  if (form.timing) {
    out["time_ns"] = {{"rounds", form.timing->rounds},
                      {"forward", quartiles_json(form.timing->forward)},
                      {"backward", quartiles_json(form.timing->backward)},
                      {"both", quartiles_json(form.timing->step)}};
  }
  return out;
}

}  // namespace

std::string to_json(const Comparison& c) {
  Json inputs = Json::array();
  for (const InputInfo& input : c.inputs)
    inputs.push_back({{"name", input.name}, {"shape", shape_json(input.shape)}});
  Json rows = Json::array();
  for (const AgreementRow& r : c.agreement.rows) rows.push_back(agreement_json(r));
  const Json out{{"format", "wengert-comparison"},
                 {"version", 1},
                 {"layer", c.name},
                 {"dtype", c.dtype},
                 {"seed", c.seed},
                 {"inputs", inputs},
                 {"agrees", c.holds()},
                 {"agreement", rows},
                 {"staged", form_json(c.staged)},
                 {"fused", form_json(c.fused)}};
  return out.dump(2);
}

}  // namespace wengert
