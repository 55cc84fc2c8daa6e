// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <tests/support/catch.h>
#include <tests/support/dot_statements.h>
#include <tests/support/temporary_folder.h>
#include <tests/support/tolerances.h>
#include <tools/draw/draw.h>
#include <tools/draw/render.h>
#include <tools/file_bytes.h>
#include <tools/quantities.h>
#include <tools/report/comparison_text.h>
#include <tools/report/html_page.h>
#include <tools/report/html_text.h>
#include <tools/report/report_plots.h>

using namespace wengert;
using namespace wengert::testing;

namespace {

// `factor` on the variance term of the closed form: 1 is right.
Comparison compare_norms(float factor) {
  CompareOptions options;
  options.timing = {.seconds = 0, .least_rounds = 3, .most_rounds = 3};
  return compare(
      make_subject<float>(
          "<norm>", {{"x", random_normal<float>({13, 6}, 5)}, {"gamma", random_normal<float>({6}, 6)}},
          [](auto in) { return staged::batch_norm(in[0], in[1], std::nullopt).y; },
          [factor](auto in) {
            auto y = fused::batch_norm(in[0], in[1], std::nullopt).y;
            return y + in[0] * (factor - 1);
          }),
      options);
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// Opening and closing tags of one name.
bool balanced(const std::string& html, const std::string& tag) {
  return count(html, "<" + tag + ">") + count(html, "<" + tag + " ") == count(html, "</" + tag + ">");
}

}  // namespace

TEST_CASE("the report begins with the verdict of the table, in its words", "[tools][report]") {
  const float factor = GENERATE(1.F, 1.5F);
  const Comparison c = compare_norms(factor);
  CHECK(c.holds() == (factor == 1.F));
  const std::string html = to_html(c);
  const std::string verdict = "<p class=\"verdict " + std::string(c.holds() ? "good" : "bad") + "\">" +
                              html_text(last_line(to_text(c))) + "</p>";
  CHECK(contains(html, verdict));
  CHECK(html.find(verdict) < html.find("<section"));
  CHECK(contains(html, "no times: the forms disagree") == !c.holds());
}

TEST_CASE("the report is one file that asks nothing of a network", "[tools][report]") {
  const std::string html = to_html(compare_norms(1));
  CHECK(html.size() < 2'000'000);
  for (const char* outside : {"src=", "@import", "href=\"http", "url(http", "<link rel=\"stylesheet"})
    CHECK_FALSE(contains(html, outside));
  for (const char* tag : {"section", "table", "figure", "div", "svg", "style", "script", "g"})
    CHECK(balanced(html, tag));
  CHECK_FALSE(contains(html, "<norm>"));
  CHECK(contains(html, "&lt;norm&gt;"));
}

TEST_CASE("the report has the ledger, the costs and both graphs", "[tools][report]") {
  const Comparison c = compare_norms(1);
  const std::string html = to_html(c);
  CHECK(contains(html, ": " + bytes_text(c.staged.memory.saved_bytes) + " kept for backward"));
  CHECK(contains(html, ": " + bytes_text(c.fused.memory.saved_bytes) + " kept for backward"));
  CHECK(contains(html, "times: median (quartiles) of 3 interleaved rounds"));
  for (const AgreementRow& row : c.agreement.rows)
    CHECK(contains(html, "<th scope=\"row\">" + row.what + "</th>"));
  if (!can_render()) return;
  for (const char* id : {" id=\"staged-graph0\"", " id=\"fused-graph0\"", " id=\"sheet-graph0\""})
    CHECK(count(html, id) == 1);
  CHECK(count(html, "<figure class=\"explore\">") == 2);
}

TEST_CASE("a comparison drawn as .html is the report, a graph a page to look around in", "[tools][report]") {
  const TemporaryFolder folder;
  const Comparison c = compare_norms(1);
  draw(c, folder / "norm.html");
  CHECK(file_bytes(folder / "norm.html") == to_html(c));
  if (!can_render()) return;
  draw(c.staged.memory.graph, folder / "graph.html", {.title = "a & b"});
  const std::string page = file_bytes(folder / "graph.html");
  CHECK(contains(page, "<title>a &amp; b</title>"));
  CHECK(contains(page, "id=\"graph-node1\""));
}

TEST_CASE("ids of pictures on one page do not mix", "[tools][report]") {
  CHECK(inline_svg("<?xml?><svg><g id=\"a\"/><use href='#a'/><use xlink:href=\"#a\"/></svg>", "p") ==
        "<svg><g id=\"p-a\"/><use href='#p-a'/><use xlink:href=\"#p-a\"/></svg>");
  CHECK(html_text("a<b>&\"c\"\xFF") == "a&lt;b&gt;&amp;&quot;c&quot;\uFFFD");
}

TEST_CASE("a sweep is plotted with both forms and the floor", "[tools][report]") {
  Comparison c = compare_norms(1);
  CHECK(sweep_panels(c).empty());
  c.sweep = {{.inputs = c.inputs, .bytes = 100, .staged_ns = 50, .fused_ns = 25, .agrees = true},
             {.inputs = c.inputs, .bytes = 200, .staged_ns = 80, .fused_ns = 30, .agrees = true},
             {.inputs = c.inputs, .bytes = 150, .agrees = false}};
  c.traffic.step = 600;
  c.copy_bytes_per_second = 1e9;
  const std::vector<PlotPanel> panels = sweep_panels(c);
  REQUIRE(panels.size() == 1);
  REQUIRE(panels[0].series.size() == 3);
  const auto is_about = [](double expected) {
    return Catch::Matchers::WithinRel(expected, test::rounding<double>());
  };
  REQUIRE(panels[0].series[1].points.size() == 2);  // a size without times has no point
  CHECK_THAT(panels[0].series[1].points[1].y, is_about(30e-9));
  CHECK(panels[0].series[2].floor);
  CHECK_THAT(panels[0].series[2].points[0].y, is_about(3e-7));
  CHECK_THAT(panels[0].series[2].points[1].y, is_about(6e-7));
  c.sweep[1].staged_peak = 700, c.sweep[1].fused_peak = 300;
  REQUIRE(sweep_panels(c).size() == 2);
  CHECK(sweep_panels(c)[1].series[1].points[0].y == 300);
  CHECK(contains(to_html(c, report_plots(c)), "from --sweep"));
}
