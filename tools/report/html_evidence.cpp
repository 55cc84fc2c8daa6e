// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/draw/dot_scene.h>
#include <tools/report/html_evidence.h>
#include <tools/report/html_text.h>

#include <cmath>

namespace wengert {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string judged(bool good, std::string_view yes, std::string_view no) {
  return fmt::format("<span class=\"{}\">{} {}</span>", good ? "good" : "bad", good ? "✓" : "✗",
                     good ? yes : no);
}

std::string judged(Verdict verdict) {
  if (verdict == Verdict::undecided) return "? undecided";
  return judged(verdict == Verdict::pass, "pass", "fail");
}

std::string number(double value) { return std::isnan(value) ? "" : fmt::format("{:.2g}", value); }

std::string closer(const Accuracy& a) {
  if (a.closer == Closer::alike) return "alike";
  const char* form = a.closer == Closer::fused ? "fused" : "staged";
  return std::isinf(a.factor) ? std::string(form) : fmt::format("{} {:.1f}×", form, a.factor);
}

std::string pathway_name_html(const std::string& name) {
  return fmt::format("<span class=\"{}\">{}</span>", path_class(name), html_text(name));
}

std::string splits(const PathwaySplit& split) {
  Rows rows;
  for (const PathwayRow& row : split.classes) {
    std::string term = "<span class=\"meta\">not supplied</span>";
    if (row.term)
      term =
          judged(row.term->of_allowance <= 1, "agrees", fmt::format("{:.4g} of the class", row.term->scale));
    if (row.vanishes && !row.term) term = "zero to rounding";
    rows.push_back(
        {pathway_name_html(row.name), term, number(row.norm), fmt::format("{:.1f} %", 100 * row.share),
         fmt::format("<span class=\"bar staged\" style=\"width:{:.1f}rem\"></span>", 6 * row.share)});
  }
  return html_table("∂" + html_text(split.of.substr(split.of.starts_with("d") ? 1 : 0)) +
                        fmt::format(": the classes add up to the gradient within {:.1e}", split.sum_error),
                    {"pathway", "closed form's term", "norm", "share", ""}, rows);
}

std::string identities(const Comparison& c) {
  Rows rows;
  const auto add = [&](const std::vector<IdentityRow>& identities, const std::string& form) {
    for (const IdentityRow& row : identities)
      rows.push_back({html_text(row.text), form, judged(row.holds(), "holds", "BROKEN"), number(row.error),
                      number(row.allowance)});
  };
  add(c.pathways.staged_identities, "staged");
  add(c.pathways.fused_identities, "fused");
  if (rows.empty()) return {};
  return html_table("what the derivation promises", {"identity", "form", "", "error", "rounding allows"},
                    rows);
}

}  // namespace

std::string agreement_html(const Comparison& c) {
  Rows rows;
  for (const AgreementRow& r : c.agreement.rows) {
    const Accuracy& a = r.accuracy;
    std::string verdict = judged(r.agrees, "agree", "DISAGREE");
    if (r.non_finite > 0)
      verdict += fmt::format(" <span class=\"meta\">{} elements finite in neither form</span>", r.non_finite);
    rows.push_back({html_text(r.what), verdict, number(r.difference), fmt::format("{:.3f}", r.of_allowance),
                    number(a.staged_error), number(a.fused_error), number(a.staged_ulps),
                    number(a.fused_ulps), closer(a)});
  }
  return html_table(
      "largest errors of both forms against the staged form in the next wider type; allowance: at most 1 "
      "where the forms agree",
      {"tensor", "", "difference", "of allowance", "staged error", "fused error", "staged ulps", "fused ulps",
       "closer to the truth"},
      rows);
}

std::string pathways_html(const Comparison& c) {
  std::string html;
  for (const Finding& finding : c.pathways.findings)
    html += "<p class=\"bad\"><b>" + html_text(finding.of) + ":</b> " + html_text(finding.text) + "</p>\n";
  for (const PathwaySplit& split : c.pathways.splits) html += splits(split);
  html += identities(c);
  if (html.empty())
    html =
        "<p class=\"note\">No mark splits a gradient of this layer: mark(v, \"name\") in the staged form "
        "makes a pathway.</p>\n";
  return html;
}

std::string gradient_check_html(const Comparison& c) {
  Rows rows;
  for (const FormReport* form : {&c.staged, &c.fused}) {
    if (!form->check) continue;
    for (const InputCheck& input : form->check->inputs) {
      rows.push_back({html_text(form->name + " · " + input.input), judged(input.verdict), number(input.slope),
                      number(input.claimed), number(input.error), number(input.allowance),
                      number(input.control_of_allowance), html_text(input.reason)});
    }
  }
  if (rows.empty()) return "<p class=\"note\">The gradients were not checked against differences.</p>\n";
  return html_table(
      "gradients against differences; the control, a disturbed gradient, has to be above its allowance",
      {"form and input", "", "slope", "claimed", "error", "allowance", "control of allowance", "why"}, rows);
}

}  // namespace wengert
