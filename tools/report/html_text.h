// SPDX-License-Identifier: MIT
// Pieces of HTML: text made safe, tables that a narrow screen can scroll.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wengert {

/// Any bytes as the content of an element or an attribute; bad UTF-8 becomes U+FFFD.
std::string html_text(std::string_view text);

/// `caption`, `head` and the cells are HTML already. The first column is a heading; the others stand to the
/// right.
std::string html_table(std::string_view caption, const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows);

/// A section with a heading that can be linked to.
std::string html_section(std::string_view id, std::string_view title, std::string_view body);

}  // namespace wengert
