// SPDX-License-Identifier: MIT
// Colours as tokens, each with a light and a dark value, and how a pathway is drawn. Lines are Okabe and
// Ito's, which most colour-blind readers tell apart; dash, arrowhead and the written name say the same again.
#pragma once

#include <tools/draw/dot.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

enum class Token : std::uint8_t {
  background,
  panel,
  hairline,
  leaf,
  ink,
  muted,
  direct_line,
  direct_text,
  mean_line,
  mean_text,
  variance_line,
  variance_text,
  plum_line,
  plum_text,
  amber_line,
  amber_text,
  sky_line,
  sky_text,
  cotangent,
  saved_fill,
  saved_text,
  time_low,
  time_mid,
  time_high,
  heat_1,
  heat_2,
  heat_3,
  heat_4,
  heat_5,
};

struct TokenColours {
  Token token;
  std::string_view light, dark;  ///< "#1f2328": lower case, as Graphviz writes them
};

/// One row a token, in the order of the enumerators. No two light values are the same, so that a style sheet
/// can turn a finished light picture into a dark one.
std::span<const TokenColours> token_table();

std::string_view colour(Theme theme, Token token);

struct PathStyle {
  Token line, text;
  std::string_view dash, arrowhead;
  std::string_view glyph, ascii_glyph;  ///< what the legend shows
};

/// How each pathway of one picture is drawn.
class PathStyles {
 public:
  PathStyles() = default;
  /// "direct", "mean" and "variance" look the same in every picture; others take what is left, in this order.
  explicit PathStyles(std::span<const std::string> names);

  /// The neutral style for a name that is not among them.
  const PathStyle& operator[](std::string_view name) const;

 private:
  struct Entry {
    std::string name;
    const PathStyle* style;
  };
  std::vector<Entry> entries_;
};

}  // namespace wengert
