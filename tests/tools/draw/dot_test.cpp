// SPDX-License-Identifier: MIT
// The golden files hold the text of whole pictures. After a change that is meant, write them anew and read
// the diff:
//   WENGERT_UPDATE_GOLDEN=1 <the test program> "[golden]"
#include <autodiff/error.h>
#include <tests/support/catch.h>
#include <tests/support/dot_statements.h>
#include <tests/support/sample_graphs.h>
#include <tests/support/source_folder.h>
#include <tools/draw/closed_form_card.h>
#include <tools/draw/dot.h>
#include <tools/draw/dot_saved.h>
#include <tools/draw/render.h>
#include <tools/file_bytes.h>

#include <cstdlib>
#include <filesystem>

using namespace wengert;
using namespace wengert::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;

namespace {

Graph one_label(const std::string& label) {
  GraphBuilder b;
  const int x = b.leaf(label, {3});
  b.in(label).op(label, label, label, {x}, {3});
  b.mark(1, label);
  return b.graph();
}

}  // namespace

TEST_CASE("the DOT text of the sample graphs is that of the golden files", "[tools][dot][golden]") {
  const auto [name, graph, options] = GENERATE(table<std::string, Graph, DotOptions>({
      {"staged", staged_batch_norm(), {.title = "BatchNorm · staged"}},
      {"recorded", recorded_batch_norm(), {.theme = Theme::dark}},
      {"fused", fused_batch_norm(), {}},
      {"timed_ascii", timed_batch_norm(), {.direction = Direction::left_to_right, .ascii = true}},
  }));
  CAPTURE(name);
  const std::filesystem::path file = source_folder() / "tests/tools/draw/golden" / (name + ".dot");
  const std::string dot = to_dot(graph, options);
  CHECK(dot == to_dot(graph, options));
  if (std::getenv("WENGERT_UPDATE_GOLDEN") != nullptr) write_file_bytes(file, dot);
  CHECK(dot == file_bytes(file));
}

TEST_CASE("a card names the op, its formula, its number, and who reads what is kept of it", "[tools][dot]") {
  const std::string dot = to_dot(timed_batch_norm());
  const std::string centred = statement(dot, "n4");
  CHECK(contains(centred, ">c = x − μ<SUB>"));
  CHECK(contains(centred, "%4 sub<"));
  CHECK(contains(centred, "▣ saved 64 KiB → square, mul"));
  CHECK(contains(centred, "5.2 µs"));
  CHECK(contains(statement(dot, "n8"), "▣ saved 1 KiB → sqrt"));
  CHECK(contains(statement(dot, "n1"), "input · ▣ alias, 0 B"));
  CHECK_FALSE(contains(statement(dot, "n5"), "saved"));
}

TEST_CASE("a label that is the formula, or an expression, is written once", "[tools][dot]") {
  GraphBuilder b;
  const int c = b.leaf("c", {3});
  const int square = b.op("square", "c²", "c²", {c}, {3});
  b.op("add_scalar", "c² + ε", "c² + 1e-05", {square}, {3});
  const std::string dot = to_dot(b.graph());
  CHECK(contains(statement(dot, "n1"), "<B>c²</B>"));
  CHECK(contains(statement(dot, "n2"), "<B>c² + ε</B>"));
}

TEST_CASE("edges tell pathway, shape and bytes", "[tools][dot]") {
  const std::string dot = to_dot(staged_batch_norm());
  CHECK(contains(statement(dot, "n0 -> n3"), "mean &#160;64×256 · 64 KiB"));
  CHECK(contains(statement(dot, "n3 -> n4"), "#0063a0\">&#160;&#160;1×256 · 1 KiB"));
  CHECK(contains(statement(dot, "n0 -> n3"), "style=\"dashed\" arrowhead=\"onormal\" penwidth=\"2.4\""));
  CHECK(contains(statement(dot, "n8 -> n9"), "style=\"solid\" arrowhead=\"normalnormal\" penwidth=\"1.4\""));
  for (const char* name : {"direct", "mean", "variance"})
    CHECK(count(dot, std::string(name) + " &#160;64×256") == 1);
}

TEST_CASE("the legend lists only what occurs", "[tools][dot]") {
  const std::string plain = to_dot(chain(2));
  for (const char* entry : {"direct", "▣", "■", "∂"}) CHECK_FALSE(contains(plain, entry));
  const std::string full = to_dot(timed_batch_norm());
  for (const char* entry : {"━▶ direct", "╍▷ mean", "━▶▶ variance", "▣ saved for backward", "■ time"}) {
    CHECK(contains(full, entry));
  }
}

TEST_CASE("the meta line counts op nodes and saved bytes", "[tools][dot]") {
  CHECK(contains(to_dot(staged_batch_norm()),
                 "x 64×256, float32 &#160;· &#160;10 op nodes &#160;· &#160;saved 130 KiB"));
  CHECK(contains(to_dot(recorded_batch_norm()), "10 op nodes + 22 backward"));
  CHECK(contains(to_dot(fused_batch_norm()), "1 op node &#160;· &#160;saved 2 KiB"));
}

TEST_CASE("the bytes on the cards add up to what the tape keeps", "[tools][dot]") {
  Graph graph = staged_batch_norm();
  // r is also the memory of s, and x̂ that of the caller's.
  graph.nodes[9].saved[0].buffer = graph.nodes[8].saved[0].buffer;
  graph.nodes[10].saved[1].buffer = graph.nodes[8].saved[0].buffer;
  graph.nodes[11].saved[1].held_by_caller = true;
  const auto total = [](const Graph& g) {
    const SavedView view = saved_view(g, GraphIndex("test", g));
    std::size_t bytes = 0;
    for (const KeptValue& kept : view.kept) bytes += kept.bytes;
    for (const auto& own : view.own) {
      for (const OwnTensor& tensor : own) bytes += tensor.bytes;
    }
    return bytes;
  };
  CHECK(total(graph) == saved_bytes(graph));
  CHECK(saved_bytes(graph) == (64 + 1) * 1024);
  CHECK(contains(statement(to_dot(graph), "n9"), "saved alias, 0 B → reciprocal, mul"));
  for (const Graph& g : {staged_batch_norm(), recorded_batch_norm(), fused_batch_norm()})
    CHECK(total(g) == saved_bytes(g));
}

TEST_CASE("scopes are boxes, but for one that holds everything", "[tools][dot]") {
  const std::string dot = to_dot(staged_batch_norm());
  CHECK(count(dot, "subgraph cluster_s") == 4);
  CHECK(contains(dot, "1 · mean"));
  CHECK(contains(dot, "4 · affine"));
  CHECK(contains(dot, "digraph \"batch_norm\""));

  GraphBuilder b;
  const int x = b.leaf("x", {3});
  const int a = b.in("outer").op("exp", "", "", {x}, {3});
  const int c = b.in("outer/middle/inner").op("exp", "", "", {a}, {3});
  b.in("").op("exp", "", "", {c}, {3});
  const std::string nested = to_dot(b.graph());
  CHECK(count(nested, "subgraph cluster_s") == 2);
  CHECK(contains(nested, ">outer<"));
  CHECK(contains(nested, ">middle/inner<"));
}

TEST_CASE("a recorded sweep has its own boxes, its own colour, and no edge from the program",
          "[tools][dot]") {
  const std::string dot = to_dot(recorded_batch_norm());
  CHECK(contains(dot, "subgraph cluster_b0 {"));
  CHECK(contains(statement(dot, "n18"), "color=\"#c2122e\""));
  CHECK(contains(statement(dot, "n18"), "▣ reads r"));
  CHECK(statement(dot, "n9 -> n18").empty());
  CHECK(contains(statement(dot, "n18 -> n17"), "dir=\"back\""));
  CHECK(contains(statement(dot, "out_n35"), "cotangent"));
}

TEST_CASE("a fused node is one card with its closed form", "[tools][dot]") {
  const std::string card = statement(to_dot(fused_batch_norm()), "n3");
  CHECK(contains(card, "#00735a\"><B>m ∂y</B>"));
  CHECK(contains(card, "#0063a0\"><B>∂β</B>"));
  CHECK(contains(card, "#b04a00\"><B>x̂ ∂γ</B>"));
  CHECK(contains(card, "#c2122e\"><B>∂x =</B>"));
  CHECK(contains(card, "mean 1 KiB + inv_std 1 KiB &#160;= &#160;2 KiB"));
  CHECK(contains(card, "keeps x, γ"));
}

TEST_CASE("the sweep of a fused node is a card too, whose results keep their own sizes", "[tools][dot]") {
  const std::string dot = to_dot(with_closed_form_vjp(fused_batch_norm()));
  CHECK(contains(statement(dot, "n5"), "▣ reads x, γ, mean, inv_std"));
  CHECK(contains(statement(dot, "n6 -> n5"), "∂ 64×256 · 64 KiB"));
  CHECK(contains(statement(dot, "n7 -> n5"), "∂ 1×256 · 1 KiB"));
  CHECK(contains(dot, "1 op node + 1 backward"));
  CHECK(statement(dot, "out_n6").empty());
}

TEST_CASE("every sink has an output below it", "[tools][dot]") {
  GraphBuilder b;
  const int x = b.leaf("x", {3});
  b.op("exp", "side", "", {x}, {3});
  b.op("log", "", "", {x}, {3});
  CHECK(contains(statement(to_dot(b.graph()), "out_n1"), "<B>side</B>"));
  CHECK(contains(statement(to_dot(b.graph()), "out_n2"), "<B>y</B>"));
  CHECK(contains(statement(to_dot(b.graph(), {.output = "loss"}), "out_n2"), "<B>loss</B>"));
}

TEST_CASE("hostile names are drawn as they are", "[tools][dot]") {
  const auto [label, html] = GENERATE(table<std::string, std::string>({
      {"a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;"},
      {"C:\\new\\N\\G", "C:&#92;new&#92;N&#92;G"},
      {"two\nlines", "two<BR ALIGN=\"LEFT\"/>lines"},
      {"", "&#160;"},
      {"  ", "&#160;&#160;"},
      {"\xFF\xC0\xAF", "\uFFFD\uFFFD\uFFFD"},
      {"\xED\xA0\x80", "\uFFFD"},
      {"\xE2\x82", "\uFFFD"},
      {std::string("nul\0 bell\a", 10), "nul\uFFFD bell\uFFFD"},
      {"&amp;", "&amp;amp;"},
      {"}]; digraph {", "}]; digraph {"},
  }));
  CAPTURE(label);
  const Graph graph = one_label(label);
  const std::string dot = to_dot(graph, {.title = label, .output = label});
  CHECK(contains(statement(dot, "out_n1"), html));
  if (can_render()) {
    std::string svg;
    REQUIRE_NOTHROW(svg = render(dot, Format::svg));
    CHECK(count(svg, "class=\"node") == 3 + count(dot, "title_s1 [class"));
  }
}

TEST_CASE("a very long name is cut", "[tools][dot]") {
  const std::string dot = to_dot(one_label(std::string(100'000, 'x')));
  CHECK(contains(dot, "xxx…"));
  CHECK(dot.size() < 10'000);
}

TEST_CASE("ASCII labels are ASCII throughout", "[tools][dot]") {
  for (const Graph& graph :
       {timed_batch_norm(), recorded_batch_norm(), fused_batch_norm(), one_label("中文 ∮")}) {
    const std::string dot = to_dot(graph, {.title = "BatchNorm · γ", .ascii = true, .output = "ŷ"});
    CHECK(std::all_of(dot.begin(), dot.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  }
  const std::string dot = to_dot(timed_batch_norm(), {.ascii = true});
  CHECK(contains(dot, "mu_B = mean(x)"));
  CHECK(contains(dot, "xhat = c * r"));
  CHECK(contains(dot, "64x256 | 64 KiB"));
}

TEST_CASE("beyond 300 nodes shapes move into the cards, beyond 1000 nothing is drawn", "[tools][dot]") {
  CHECK(contains(statement(to_dot(chain(299)), "n0 -> n1"), "3×5 · 60 B"));
  const std::string large = to_dot(chain(999));
  CHECK_FALSE(contains(statement(large, "n0 -> n1"), "label"));
  CHECK(contains(statement(large, "n1"), "3×5"));
  CHECK_THROWS_MATCHES(to_dot(chain(1000)), ValueError,
                       Message("to_dot: the graph has 1001 nodes, expected at most 1000"));
}

TEST_CASE("a graph that does not hold together is not drawn", "[tools][dot]") {
  Graph graph = chain(2);
  graph.nodes[1].inputs = {2};
  CHECK_THROWS_MATCHES(to_dot(graph), ValueError,
                       Message("to_dot: node %1 reads %2, expected an earlier node"));
  CHECK_NOTHROW(to_dot(Graph{}));
}
