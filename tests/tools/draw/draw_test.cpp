// SPDX-License-Identifier: MIT
#include <autodiff/ops.h>
#include <tests/support/catch.h>
#include <tests/support/dot_statements.h>
#include <tests/support/sample_graphs.h>
#include <tests/support/temporary_folder.h>
#include <tools/draw/draw.h>
#include <tools/draw/render.h>
#include <tools/file_bytes.h>
#include <tools/file_error.h>

#include <nlohmann/json.hpp>

using namespace wengert;
using namespace wengert::testing;
using Catch::Matchers::Message;
using nlohmann::json;

TEST_CASE("the extension of a drawing chooses its format", "[tools][draw]") {
  const TemporaryFolder folder;
  draw(fused_batch_norm(), folder / "bn.dot");
  CHECK(file_bytes(folder / "bn.dot") == to_dot(fused_batch_norm()));
  if (!can_render()) return;
  draw(fused_batch_norm(), folder / "bn.SVG", {.theme = Theme::automatic});
  CHECK(contains(file_bytes(folder / "bn.SVG"), "prefers-color-scheme"));
  draw(fused_batch_norm(), folder / "bn.png");
  CHECK(file_bytes(folder / "bn.png").substr(1, 3) == "PNG");
  draw(fused_batch_norm(), folder / "bn.pdf");
  CHECK(file_bytes(folder / "bn.pdf").substr(0, 4) == "%PDF");
}

TEST_CASE("a tape is drawn in one call", "[tools][draw]") {
  const TemporaryFolder folder;
  Tape<double> tape;
  tanh(tape.leaf(Tensor<double>::full({2, 3}, 0.25), "x"));
  const Drawn drawn = draw(tape, folder / "tanh.dot");
  CHECK(drawn.nodes == 2);
  CHECK(drawn.drawn == 2);
  CHECK(drawn.folded.empty());
  CHECK(contains(file_bytes(folder / "tanh.dot"), "tanh(x)"));
}

TEST_CASE("as JSON a graph is data, whole and without bad bytes", "[tools][draw]") {
  const TemporaryFolder folder;
  Graph graph = fused_batch_norm();
  graph.nodes[0].label = "x\xFF";
  CHECK(draw(graph, folder / "bn.json").drawn == 4);
  const json data = json::parse(file_bytes(folder / "bn.json"));
  CHECK(data["nodes"].size() == 4);
  CHECK(data["saved_bytes"] == saved_bytes(graph));
  CHECK(data["nodes"][0]["label"] == "x\uFFFD");
  CHECK(data["nodes"][3]["inputs"] == json({0, 1, 2}));
  CHECK(data["nodes"][3]["closed_form"]["backward"][1][1]["mark"] == "direct");
  CHECK(data["nodes"][3]["forward_ns"] == 14200);
}

TEST_CASE("a drawing that cannot be made leaves no file", "[tools][draw]") {
  const TemporaryFolder folder;
  const std::filesystem::path gif = folder / "bn.gif", nowhere = folder / "missing" / "bn.dot";
  CHECK_THROWS_MATCHES(
      draw(chain(1), gif), ValueError,
      Message("draw: file \"" + gif.string() +
              "\" has the extension \".gif\", expected .dot, .svg, .png, .pdf, .html or .json"));
  CHECK_THROWS_MATCHES(
      draw(chain(1), "bn"), ValueError,
      Message("draw: file \"bn\" has no extension, expected .dot, .svg, .png, .pdf, .html or .json"));
  CHECK_THROWS_MATCHES(draw(chain(1), nowhere), FileError,
                       Message(nowhere.string() + ": cannot be written (No such file or directory)"));
  CHECK_THROWS_AS(draw(chain(1), folder / "bn.dot" / "x.dot"), FileError);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a large graph is folded, and the picture says so", "[tools][draw]") {
  const TemporaryFolder folder;
  const Drawn drawn = draw(chain(2000), folder / "chain.dot");
  CHECK(drawn.nodes == 2001);
  CHECK(drawn.drawn <= 300);
  CHECK(drawn.folded.starts_with("2,001 nodes → " + std::to_string(drawn.drawn) + " drawn"));
  CHECK(contains(file_bytes(folder / "chain.dot"), "2,001 nodes → "));
  CHECK(draw(chain(100), folder / "chain.dot", {.most_nodes = 50}).drawn <= 50);
  CHECK(draw(chain(100), folder / "chain.dot").drawn == 101);
}
