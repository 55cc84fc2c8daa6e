// SPDX-License-Identifier: MIT
// The frame of a page: one file, no network, light and dark, for wide screens, phones and paper. Without
// scripts everything is still there; with them, pictures can be moved about in.
#pragma once

#include <string>
#include <string_view>

namespace wengert {

std::string html_page(std::string_view title, std::string_view body);

/// A finished SVG as part of a page. Ids begin with `name`, so that pictures do not mix; no XML prolog.
std::string inline_svg(std::string_view svg, std::string_view name);

/// A picture with a caption (HTML). `explorable` ones can be zoomed, moved and searched.
std::string html_figure(std::string_view svg, std::string_view name, std::string_view caption,
                        bool explorable);

/// The style sheet and the script of the pages.
std::string_view page_style();
std::string_view page_script();

}  // namespace wengert
