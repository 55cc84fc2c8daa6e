// SPDX-License-Identifier: MIT
// What Graphviz's SVG needs before it can be shown anywhere: spaces kept, colours that every viewer knows, a
// title, and colours that follow the reader's setting.
#pragma once

#include <tools/draw/dot_theme.h>

#include <string>
#include <string_view>

namespace wengert {

/// `svg` as Graphviz wrote it, made fit for pages. The name of the graph becomes the title; Theme::automatic
/// adds dark_style(). No version and no date stay in it.
std::string finish_svg(std::string_view svg, Theme theme);

/// A style sheet that turns the light tokens of `svg` into their dark values where dark is preferred.
std::string dark_style(std::string_view svg);

}  // namespace wengert
