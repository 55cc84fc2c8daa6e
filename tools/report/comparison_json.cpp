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

const char* closer_text(Closer closer) {
  return closer == Closer::alike ? "alike" : closer == Closer::staged ? "staged" : "fused";
}

Json agreement_json(const AgreementRow& r) {
  const Accuracy& a = r.accuracy;
  return {
      {"what", r.what},
      {"agrees", r.agrees},
      {"difference", number(r.difference)},
      {"relative", number(r.relative)},
      {"of_allowance", number(r.of_allowance)},
      {"condition", number(r.condition)},
      {"judged", r.judged},
      {"non_finite", r.non_finite},
      {"accuracy",
       {{"staged",
         {{"error", number(a.staged_error)}, {"rms", number(a.staged_rms)}, {"ulps", number(a.staged_ulps)}}},
        {"fused",
         {{"error", number(a.fused_error)}, {"rms", number(a.fused_rms)}, {"ulps", number(a.fused_ulps)}}},
        {"closer", closer_text(a.closer)},
        {"factor", number(a.factor)}}}};
}

Json check_json(const InputCheck& c) {
  Json taylor = Json::array();
  for (const TaylorRow& row : c.taylor)
    taylor.push_back({{"h", row.h}, {"remainder", number(row.remainder)}, {"order", number(row.order)}});
  return {{"input", c.input},
          {"verdict", to_string(c.verdict)},
          {"reason", c.reason},
          {"slope", number(c.slope)},
          {"claimed", number(c.claimed)},
          {"error", number(c.error)},
          {"allowance", number(c.allowance)},
          {"control_of_allowance", number(c.control_of_allowance)},
          {"directions", c.directions},
          {"jacobian_entries", c.jacobian_entries},
          {"jacobian_error", number(c.jacobian_error)},
          {"kinks", c.kinks},
          {"taylor", taylor}};
}

Json gradient_check_json(const GradientCheck& check) {
  Json inputs = Json::array(), second = Json::array();
  for (const InputCheck& c : check.inputs) inputs.push_back(check_json(c));
  for (const InputCheck& c : check.second_order) second.push_back(check_json(c));
  return {{"verdict", to_string(check.verdict)},
          {"reason", check.reason},
          {"evaluated_in", check.evaluated_in},
          {"inputs", inputs},
          {"second_order", second}};
}

Json identities_json(const std::vector<IdentityRow>& rows) {
  Json out = Json::array();
  for (const IdentityRow& row : rows) {
    out.push_back({{"text", row.text},
                   {"of", row.of},
                   {"error", number(row.error)},
                   {"allowance", number(row.allowance)},
                   {"holds", row.holds()}});
  }
  return out;
}

Json split_json(const PathwaySplit& split) {
  Json classes = Json::array();
  for (const PathwayRow& row : split.classes) {
    Json term = nullptr;
    if (row.term)
      term = {{"scale", number(row.term->scale)}, {"of_allowance", number(row.term->of_allowance)}};
    classes.push_back({{"name", row.name},
                       {"marks", row.marks},
                       {"norm", number(row.norm)},
                       {"share", number(row.share)},
                       {"vanishes", row.vanishes},
                       {"term", term}});
  }
  Json cosine = Json::array();
  for (const double c : split.cosine) cosine.push_back(number(c));
  return {{"of", split.of}, {"classes", classes}, {"cosine", cosine}, {"sum_error", number(split.sum_error)}};
}

Json pathways_json(const Pathways& pathways) {
  Json splits = Json::array(), findings = Json::array();
  for (const PathwaySplit& split : pathways.splits) splits.push_back(split_json(split));
  for (const Finding& f : pathways.findings) {
    findings.push_back(
        {{"of", f.of}, {"pathways", f.pathways}, {"explains_all", f.explains_all}, {"text", f.text}});
  }
  return {{"splits", splits},
          {"findings", findings},
          {"identities",
           {{"staged", identities_json(pathways.staged_identities)},
            {"fused", identities_json(pathways.fused_identities)}}}};
}

Json saved_json(const std::vector<LedgerEntry>& entries) {
  Json saved = Json::array();
  for (const LedgerEntry& e : entries) {
    saved.push_back({{"node", e.node},
                     {"op", e.op},
                     {"name", e.name},
                     {"shape", shape_json(e.shape)},
                     {"bytes", e.bytes},
                     {"shared", e.shared},
                     {"held_by_caller", e.held_by_caller}});
  }
  return saved;
}

Json form_json(const FormReport& form) {
  Json out{{"op_nodes", form.memory.op_nodes},
           {"saved_bytes", form.memory.saved_bytes},
           {"held_bytes", form.memory.held_bytes},
           {"peak_bytes", form.memory.peak_bytes},
           {"predicted_peak_bytes", form.memory.predicted_peak_bytes},
           {"saved", saved_json(form.memory.entries)},
           {"gradient_check", nullptr},
           {"time_ns", nullptr}};
  if (form.check) out["gradient_check"] = gradient_check_json(*form.check);
  if (form.timing) {
    out["time_ns"] = {{"rounds", form.timing->rounds},
                      {"forward", quartiles_json(form.timing->forward)},
                      {"backward", quartiles_json(form.timing->backward)},
                      {"both", quartiles_json(form.timing->step)}};
  }
  return out;
}

Json inputs_json(const std::vector<InputInfo>& inputs) {
  Json out = Json::array();
  for (const InputInfo& input : inputs)
    out.push_back({{"name", input.name}, {"shape", shape_json(input.shape)}});
  return out;
}

Json sweep_json(const std::vector<SweepRow>& sweep) {
  Json out = Json::array();
  for (const SweepRow& row : sweep) {
    out.push_back({{"inputs", inputs_json(row.inputs)},
                   {"bytes", row.bytes},
                   {"agrees", row.agrees},
                   {"staged_ns", row.staged_ns},
                   {"fused_ns", row.fused_ns}});
  }
  return out;
}

}  // namespace

std::string to_json(const Comparison& c) {
  Json rows = Json::array();
  for (const AgreementRow& r : c.agreement.rows) rows.push_back(agreement_json(r));
  const Json out{
      {"format", "wengert-comparison"},
      {"version", 2},
      {"layer", c.name},
      {"dtype", c.dtype},
      {"seed", c.seed},
      {"inputs", inputs_json(c.inputs)},
      {"verdict", to_string(c.verdict())},
      {"agrees", c.agreement.holds()},
      {"agreement", rows},
      {"pathways", pathways_json(c.pathways)},
      {"staged", form_json(c.staged)},
      {"fused", form_json(c.fused)},
      {"traffic_bytes",
       {{"forward", c.traffic.forward}, {"backward", c.traffic.backward}, {"both", c.traffic.step}}},
      {"copy_bytes_per_second", c.copy_bytes_per_second},
      {"sweep", sweep_json(c.sweep)}};
  return out.dump(2);
}

std::string to_json(const std::string& name, const std::string& form, const GradientCheck& check) {
  Json out{{"format", "wengert-gradient-check"}, {"version", 1}, {"layer", name}, {"form", form}};
  out.update(gradient_check_json(check));
  return out.dump(2);
}

}  // namespace wengert
