// SPDX-License-Identifier: MIT
// From any bytes to text that Graphviz shows as it is. All labels are HTML-like: Graphviz keeps plain and
// HTML strings in one table and mixes them up when the bytes agree.
#pragma once

#include <autodiff/shape.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace wengert {

/// Code points; what is not UTF-8, or not allowed in XML, is U+FFFD.
std::u32string decode_utf8(std::string_view bytes);
std::string encode_utf8(std::u32string_view text);

/// "μ_B" -> "mu_B", "x̂" -> "xhat", "64×256" -> "64x256"; a letter without a name is "?".
std::string to_ascii(std::string_view text);

/// "gamma" -> "γ", "y = x + beta" -> "y = x + β": names of Greek letters that stand alone, as a paper sets
/// them.
std::string to_letters(std::string_view text);

/// At most `longest` code points, the last one "…".
std::string shortened(std::string_view text, std::size_t longest);

/// The content of an HTML-like label: `& < > " \` escaped, a newline is a line break, empty text one hard
/// space.
std::string escape_html(std::string_view text);

/// The same, with the index of a one-letter name set low: μ_B, σ²_B, x_i; not batch_norm.
std::string formula_html(std::string_view formula);

/// A double-quoted DOT string that no escape of Graphviz (`\N`, `\n`) changes.
std::string quoted(std::string_view text);

/// "64×256"; "scalar" for rank 0.
std::string extents_text(const Shape& shape);

}  // namespace wengert
