// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <layers/batch_norm.h>
#include <tests/support/catch.h>
#include <tests/support/dot_statements.h>
#include <tests/support/temporary_folder.h>
#include <tools/draw/draw.h>
#include <tools/draw/render.h>
#include <tools/draw/sheet.h>
#include <tools/file_bytes.h>
#include <tools/quantities.h>

using namespace wengert;
using namespace wengert::testing;

namespace {

Comparison batch_norm_comparison() {
  CompareOptions options;
  options.timing = {.seconds = 0, .least_rounds = 3, .most_rounds = 3};
  return compare(make_subject<float>(
                     "batch_norm",
                     {{"x", random_normal<float>({13, 6}, 5)},
                      {"gamma", random_normal<float>({6}, 6)},
                      {"beta", random_normal<float>({6}, 7)}},
                     [](auto in) { return staged::batch_norm(in[0], in[1], in[2]).y; },
                     [](auto in) { return fused::batch_norm(in[0], in[1], in[2]).y; }),
                 options);
}

}  // namespace

TEST_CASE("the numbers on the sheet are those of the comparison", "[tools][sheet]") {
  const Comparison c = batch_norm_comparison();
  const std::string dot = sheet_dot(c);
  const auto total = [&](const std::string& row, const std::string& staged, const std::string& fused) {
    const std::size_t at = dot.find("<B>" + row + "</B>");
    REQUIRE(at != std::string::npos);
    const std::string line = dot.substr(at, dot.find('\n', at) - at);
    CHECK(contains(line, ">" + staged + "<"));
    CHECK(contains(line, ">" + fused + "<"));
  };
  const Ledger &staged = c.staged.memory, &fused = c.fused.memory;
  total("op nodes", std::to_string(staged.op_nodes), std::to_string(fused.op_nodes));
  total("saved for backward", bytes_text(staged.saved_bytes), bytes_text(fused.saved_bytes));
  total("peak beyond inputs", bytes_text(staged.peak_bytes), bytes_text(fused.peak_bytes));
  CHECK(staged.saved_bytes == saved_bytes(staged.graph));
  CHECK(fused.saved_bytes == saved_bytes(fused.graph));
  REQUIRE(c.staged.timing);
  CHECK(contains(dot, time_text(static_cast<std::int64_t>(c.staged.timing->forward.median)) + " ("));
  CHECK(contains(dot, time_text(static_cast<std::int64_t>(c.fused.timing->backward.median)) + " ("));
  CHECK(contains(dot, "of 3 interleaved rounds"));
  CHECK(contains(dot, "the forms agree"));
}

TEST_CASE("dashed links tell which op each term of the closed form replaces", "[tools][sheet]") {
  const std::string dot = sheet_dot(batch_norm_comparison());
  for (const char* ends :
       {"staged_n4 -> fused_term_direct", "staged_n3 -> fused_term_mean", "staged_n6 -> fused_term_variance"})
    CHECK(contains(statement(dot, ends), "style=\"dashed\""));
  CHECK(contains(statement(dot, "fused_term_direct"), ">for c, x̂<"));
  CHECK(contains(statement(dot, "fused_term_mean"), "<B>∂β</B>"));
}

TEST_CASE("without times the sheet says so", "[tools][sheet]") {
  Comparison c = batch_norm_comparison();
  c.staged.timing.reset();
  c.fused.timing.reset();
  c.agreement.rows[0].agrees = false;
  const std::string dot = sheet_dot(c);
  CHECK_FALSE(contains(dot, "<B>forward</B>"));
  CHECK(contains(dot, "no times: the forms disagree"));
  CHECK(contains(dot, "THE FORMS DISAGREE"));
}

TEST_CASE("a comparison is drawn as its sheet, in every theme", "[tools][sheet]") {
  const Comparison c = batch_norm_comparison();
  const TemporaryFolder folder;
  CHECK(draw(c, folder / "bn.dot").nodes ==
        c.staged.memory.graph.nodes.size() + c.fused.memory.graph.nodes.size());
  CHECK(file_bytes(folder / "bn.dot") == sheet_dot(c));
  CHECK(sheet_dot(c) == sheet_dot(c));
  draw(c, folder / "bn.json");
  CHECK(contains(file_bytes(folder / "bn.json"), "wengert-comparison"));
  const std::string ascii = sheet_dot(c, {.ascii = true});
  CHECK(std::all_of(ascii.begin(), ascii.end(), [](char x) { return static_cast<unsigned char>(x) < 0x80; }));
  if (!can_render()) return;
  draw(c, folder / "bn.svg", {.theme = Theme::automatic});
  CHECK(contains(file_bytes(folder / "bn.svg"), "prefers-color-scheme"));
  CHECK_NOTHROW(render(sheet_dot(c, {.theme = Theme::dark}), Format::svg, Theme::dark));
}
