// SPDX-License-Identifier: MIT
#include <tools/draw/dot_theme.h>

#include <algorithm>
#include <array>

namespace wengert {
namespace {

constexpr std::array table{
    TokenColours{Token::background, "#ffffff", "#0d1117"},
    TokenColours{Token::panel, "#f6f8fa", "#161b22"},
    TokenColours{Token::hairline, "#d0d7de", "#3d444d"},
    TokenColours{Token::leaf, "#eaeef2", "#212830"},
    TokenColours{Token::ink, "#1f2328", "#e6edf3"},
    TokenColours{Token::muted, "#57606a", "#9198a1"},
    TokenColours{Token::direct_line, "#009e73", "#2bbd8e"},
    TokenColours{Token::direct_text, "#00735a", "#4fd6a8"},
    TokenColours{Token::mean_line, "#0072b2", "#4aa3e8"},
    TokenColours{Token::mean_text, "#0063a0", "#79c0ff"},
    TokenColours{Token::variance_line, "#d55e00", "#f0883e"},
    TokenColours{Token::variance_text, "#b04a00", "#ffa657"},
    TokenColours{Token::plum_line, "#cc79a7", "#d98cb9"},
    TokenColours{Token::plum_text, "#93407a", "#f0b0d5"},
    TokenColours{Token::amber_line, "#e69f00", "#e8b13a"},
    TokenColours{Token::amber_text, "#855600", "#f2c464"},
    TokenColours{Token::sky_line, "#56b4e9", "#6fc3f0"},
    TokenColours{Token::sky_text, "#1f6a99", "#9ad7f7"},
    TokenColours{Token::cotangent, "#c2122e", "#ff7b8a"},
    TokenColours{Token::saved_fill, "#fff3d1", "#3a2d0a"},
    TokenColours{Token::saved_text, "#7a5200", "#e3b341"},
    TokenColours{Token::time_low, "#d9d3ec", "#3f3763"},
    TokenColours{Token::time_mid, "#a895d6", "#6f5fb5"},
    TokenColours{Token::time_high, "#6e4fb8", "#b196ff"},
    TokenColours{Token::heat_1, "#fbf9fe", "#1a1726"},
    TokenColours{Token::heat_2, "#e7e0f6", "#2b2444"},
    TokenColours{Token::heat_3, "#d2c5ee", "#3f3366"},
    TokenColours{Token::heat_4, "#b9a6e3", "#55448a"},
    TokenColours{Token::heat_5, "#a18ad8", "#6d57ae"},
};
static_assert(table.size() == static_cast<std::size_t>(Token::heat_5) + 1);

constexpr PathStyle neutral{Token::muted, Token::muted, "solid", "normal", "━▶", "->"};
constexpr PathStyle direct{Token::direct_line, Token::direct_text, "solid", "normal", "━▶", "->"};

// The first two belong to "mean" and "variance" where these occur.
constexpr std::array marks{
    PathStyle{Token::mean_line, Token::mean_text, "dashed", "onormal", "╍▷", "-->"},
    PathStyle{Token::variance_line, Token::variance_text, "solid", "normalnormal", "━▶▶", "->>"},
    PathStyle{Token::plum_line, Token::plum_text, "dotted", "diamond", "┈◆", "..#"},
    PathStyle{Token::amber_line, Token::amber_text, "solid", "dot", "━●", "-o"},
    PathStyle{Token::sky_line, Token::sky_text, "dashed", "odiamond", "╍◇", "--#"},
};

}  // namespace

std::span<const TokenColours> token_table() { return table; }

std::string_view colour(Theme theme, Token token) {
  const TokenColours& row = table[static_cast<std::size_t>(token)];
  return theme == Theme::dark ? row.dark : row.light;
}

PathStyles::PathStyles(std::span<const std::string> names) {
  const bool has_mean = std::ranges::find(names, "mean") != names.end();
  const bool has_variance = std::ranges::find(names, "variance") != names.end();
  std::vector<const PathStyle*> free;
  for (const PathStyle& style : marks) {
    const bool taken = (&style == &marks[0] && has_mean) || (&style == &marks[1] && has_variance);
    if (!taken) free.push_back(&style);
  }
  std::size_t next = 0;
  for (const std::string& name : names) {
    const PathStyle* style = name == "direct"     ? &direct
                             : name == "mean"     ? &marks[0]
                             : name == "variance" ? &marks[1]
                                                  : free[next++ % free.size()];
    entries_.push_back({name, style});
  }
}

const PathStyle& PathStyles::operator[](std::string_view name) const {
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  return found == entries_.end() ? neutral : *found->style;
}

}  // namespace wengert
