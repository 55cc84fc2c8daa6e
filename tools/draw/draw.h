// SPDX-License-Identifier: MIT
// One call from a tape, a graph or a comparison to a file: draw(tape, "bn.svg").
#pragma once

#include <autodiff/compare/compare.h>
#include <autodiff/tape.h>
#include <tools/draw/dot.h>

#include <cstddef>
#include <filesystem>
#include <string>

namespace wengert {

/// What came of it. `folded` tells how a graph too large to read was made smaller: "1,348 nodes → 212 drawn
/// (folded: scopes from depth 2)"; empty when it was drawn whole.
struct Drawn {
  std::size_t nodes = 0;
  std::size_t drawn = 0;
  std::string folded = {};
};

/// The extension decides: .dot is text, .svg, .png and .pdf are pictures, .html is a page to look around in,
/// .json is the graph as data, never folded. The file is replaced as a whole, or not touched when anything
/// fails. Throws ValueError for another extension, or a graph that cannot be folded enough; RenderError (see
/// render.h), FileError.
Drawn draw(const Graph& graph, const std::filesystem::path& file, const DotOptions& options = {});

/// Throws ValueError for an extension that draw() does not know.
void expect_drawable(const std::filesystem::path& file);

/// What the tape holds now.
template <class T>
Drawn draw(const Tape<T>& tape, const std::filesystem::path& file, const DotOptions& options = {}) {
  return draw(snapshot(tape), file, options);
}

/// The sheet with both forms; as .html the whole report, as .json all the numbers.
Drawn draw(const Comparison& comparison, const std::filesystem::path& file, const DotOptions& options = {});

/// The graph as draw() shows it: folded where `options` ask for it, with the note in `options.note`.
Graph folded_for(const Graph& graph, DotOptions& options, Drawn& drawn);

}  // namespace wengert
