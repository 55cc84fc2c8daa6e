// SPDX-License-Identifier: MIT
#include <tools/draw/dot_text.h>

#include <algorithm>
#include <array>

namespace wengert {
namespace {

struct Spelling {
  char32_t letter;
  std::string_view ascii;
};

// Names are words of their own: "γx̂" is "gamma xhat".
constexpr std::array greek{
    Spelling{U'α', "alpha"},  Spelling{U'β', "beta"},  Spelling{U'γ', "gamma"}, Spelling{U'δ', "delta"},
    Spelling{U'ε', "eps"},    Spelling{U'η', "eta"},   Spelling{U'θ', "theta"}, Spelling{U'κ', "kappa"},
    Spelling{U'λ', "lambda"}, Spelling{U'μ', "mu"},    Spelling{U'ν', "nu"},    Spelling{U'π', "pi"},
    Spelling{U'ρ', "rho"},    Spelling{U'σ', "sigma"}, Spelling{U'τ', "tau"},   Spelling{U'φ', "phi"},
    Spelling{U'ψ', "psi"},    Spelling{U'ω', "omega"},
};

constexpr std::array operators{Spelling{U'Σ', "sum"}, Spelling{U'√', "sqrt"}};

constexpr std::array signs{
    Spelling{U'−', "-"},        Spelling{U'–', "-"},        Spelling{U'·', "*"},      Spelling{U'⊙', "*"},
    Spelling{U'×', "x"},        Spelling{U'÷', "/"},        Spelling{U'²', "^2"},     Spelling{U'³', "^3"},
    Spelling{U'½', "1/2"},      Spelling{U'¼', "1/4"},      Spelling{U'¾', "3/4"},    Spelling{U'ᵀ', "^T"},
    Spelling{U'∞', "inf"},      Spelling{U'∂', "d"},        Spelling{U'≤', "<="},     Spelling{U'≥', ">="},
    Spelling{U'≠', "!="},       Spelling{U'→', "->"},       Spelling{U'…', "..."},    Spelling{U'µ', "u"},
    Spelling{U'\u0302', "hat"}, Spelling{U'\u0304', "bar"}, Spelling{U'\u00A0', " "},
};

template <std::size_t n>
std::string_view find(const std::array<Spelling, n>& table, char32_t letter) {
  const auto* found = std::ranges::find(table, letter, &Spelling::letter);
  return found == table.end() ? std::string_view{} : found->ascii;
}

bool in_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string to_ascii(std::string_view text) {
  std::string ascii;
  bool after_name = false;
  char32_t before = 0;
  for (char32_t c : decode_utf8(text)) {
    const std::string_view letter = find(greek, c);
    const std::string_view name = letter.empty() ? find(operators, c) : letter;
    const bool starts_word = !name.empty() || (c < 0x80 && in_word(static_cast<char>(c)));
    const bool touches = !ascii.empty() && in_word(ascii.back()) && (!name.empty() || after_name);
    if (starts_word && touches && before != U'∂') ascii += ' ';
    if (!name.empty()) {
      ascii += name;
    } else if (c < 0x80) {
      ascii += static_cast<char>(c);
    } else {
      const std::string_view sign = find(signs, c);
      ascii += sign.empty() ? "?" : sign;
    }
    after_name = !name.empty();
    before = c;
  }
  return ascii;
}

std::string to_letters(std::string_view text) {
  std::string spelled;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && in_word(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    const bool part_of_name = at > 0 && text[at - 1] == '_';
    const auto* const letter = std::ranges::find(greek, word, &Spelling::ascii);
    if (letter == greek.end() || part_of_name) {
      spelled += word;
    } else {
      spelled += encode_utf8(std::u32string(1, letter->letter));
    }
    at = end;
    if (at < text.size()) spelled += text[at++];
  }
  return spelled;
}

}  // namespace wengert
