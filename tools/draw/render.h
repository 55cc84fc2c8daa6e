// SPDX-License-Identifier: MIT
// Pictures made in-process by Graphviz, when the library was built with it. DOT text needs no Graphviz.
#pragma once

#include <autodiff/error.h>
#include <tools/draw/dot.h>

#include <string>
#include <string_view>

namespace wengert {

/// Graphviz is missing, or it complained: about syntax, an unknown colour, an unreadable label, anything.
class RenderError : public Error {
 public:
  using Error::Error;
};

enum class Format { svg, png, pdf };

/// Whether this build has Graphviz; without it render() always throws.
bool can_render();

/// The bytes of a picture of the graph in `dot`; the same text gives the same bytes. Theme::automatic lets an
/// SVG follow the reader's setting, for DOT text in light colours.
///
/// May be called by any thread; calls wait for each other. Graphviz loses some KiB with every picture and has
/// no time limit: a tool may use it freely, a server should do so in a process of its own. Throws RenderError
/// with all that Graphviz said.
std::string render(std::string_view dot, Format format, Theme theme = Theme::light);

}  // namespace wengert
