// SPDX-License-Identifier: MIT
#include <tests/support/catch.h>
#include <tools/draw/dot_text.h>
#include <tools/draw/dot_theme.h>

#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace wengert;

namespace {

// Of WCAG 2: 1 for two equal colours, 21 for black on white.
double contrast(std::string_view a, std::string_view b) {
  const auto luminance = [](std::string_view hex) {
    constexpr std::array weights{0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const double value = std::stoi(std::string(hex.substr(1 + 2 * i, 2)), nullptr, 16) / 255.0;
      sum += weights[i] * (value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
    }
    return sum;
  };
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

}  // namespace

TEST_CASE("one-letter names have their index set low, words keep their underscore", "[tools][dot]") {
  const auto low = [](const std::string& index) {
    return "<SUB><FONT POINT-SIZE=\"9\">" + index + "</FONT></SUB>";
  };
  CHECK(formula_html("μ_B") == "μ" + low("B"));
  CHECK(formula_html("σ²_B + ε") == "σ²" + low("B") + "&#160;+ ε");
  CHECK(formula_html("x̂_i·y_12") == "x̂" + low("i") + "·y" + low("12"));
  CHECK(formula_html("batch_norm") == "batch_norm");
  CHECK(formula_html("inv_std") == "inv_std");
  CHECK(formula_html("a_b_c") == "a_b_c");
  CHECK(formula_html("_B") == "_B");
  CHECK(formula_html("x_") == "x_");
  CHECK(formula_html("") == "&#160;");
}

TEST_CASE("Greek letters are spelled as words in ASCII", "[tools][dot]") {
  CHECK(to_ascii("γx̂ + β") == "gamma xhat + beta");
  CHECK(to_ascii("2γ") == "2 gamma");
  CHECK(to_ascii("∂γ = Σ x̂ ⊙ ∂y") == "dgamma = sum xhat * dy");
  CHECK(to_ascii("√(σ²_B + ε)") == "sqrt(sigma^2_B + eps)");
  CHECK(to_ascii("6.1 µs") == "6.1 us");
  CHECK(to_ascii("∮\xFF") == "??");
}

TEST_CASE("a formula has the letter where a label has its name", "[tools][dot]") {
  CHECK(to_letters("gamma") == "γ");
  CHECK(to_letters("y = γ·x̂ + beta") == "y = γ·x̂ + β");
  CHECK(to_letters("∂gamma, sigma_B") == "∂γ, σ_B");
  CHECK(to_letters("log_gamma gammas gamma2 sum sqrt") == "log_gamma gammas gamma2 sum sqrt");
  CHECK(to_letters("").empty());
}

TEST_CASE("UTF-8 goes through unchanged, what is not becomes U+FFFD", "[tools][dot]") {
  CHECK(encode_utf8(decode_utf8("aμ▣𝛁")) == "aμ▣𝛁");
  CHECK(encode_utf8(decode_utf8("\xF4\x90\x80\x80")) == "\uFFFD");
  CHECK(encode_utf8(decode_utf8("\xC3(")) == "\uFFFD(");
  CHECK(encode_utf8(decode_utf8("\xEF\xBF\xBF")) == "\uFFFD");
  CHECK(shortened("σσσσ", 3) == "σσ…");
}

TEST_CASE("shapes are written as extents", "[tools][dot]") {
  CHECK(extents_text(Shape{64, 256}) == "64×256");
  CHECK(extents_text(Shape{0}) == "0");
  CHECK(extents_text(Shape{}) == "scalar");
}

TEST_CASE("each token has a light value of its own", "[tools][dot]") {
  std::set<std::string_view> light;
  for (const TokenColours& row : token_table()) {
    CHECK(&row == &token_table()[static_cast<std::size_t>(row.token)]);
    CHECK(light.insert(row.light).second);
  }
}

TEST_CASE("text can be read on every background it meets", "[tools][dot]") {
  for (const Theme theme : {Theme::light, Theme::dark}) {
    for (const Token background : {Token::background, Token::panel}) {
      for (const Token text :
           {Token::ink, Token::muted, Token::direct_text, Token::mean_text, Token::variance_text,
            Token::plum_text, Token::amber_text, Token::sky_text, Token::cotangent}) {
        CAPTURE(colour(theme, text), colour(theme, background));
        CHECK(contrast(colour(theme, text), colour(theme, background)) >= 4.7);
      }
    }
    CHECK(contrast(colour(theme, Token::saved_text), colour(theme, Token::saved_fill)) >= 4.7);
    CHECK(contrast(colour(theme, Token::muted), colour(theme, Token::leaf)) >= 4.7);
  }
}

TEST_CASE("mean and variance look the same in every picture, other marks take what is left", "[tools][dot]") {
  const std::vector<std::string> names{"query", "variance", "direct", "key"};
  const PathStyles styles(names);
  CHECK(styles["variance"].line == Token::variance_line);
  CHECK(styles["direct"].line == Token::direct_line);
  CHECK(styles["query"].line == Token::mean_line);
  CHECK(styles["key"].line == Token::plum_line);
  CHECK(styles["unknown"].line == Token::muted);
}
