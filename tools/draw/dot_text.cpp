// SPDX-License-Identifier: MIT
#include <tools/draw/dot_text.h>

#include <algorithm>
#include <cstdint>

namespace wengert {
namespace {

constexpr char32_t replacement = 0xFFFD;

// What XML 1.0 can carry, and a label should.
bool printable(char32_t c) {
  return c == U'\n' || (c >= 0x20 && c < 0x7F) || (c >= 0xA0 && c < 0xD800) || (c > 0xDFFF && c < 0xFFFE) ||
         (c > 0xFFFF && c <= 0x10FFFF);
}

// Length of the sequence that starts with `lead`, 0 for a byte that starts none.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

bool overlong(char32_t c, std::size_t length) {
  return (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
}

bool is_letter(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= 0x370 && c < 0x400);
}
bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
// What may stand between a letter and its index: ², ³, ¹, and combining marks such as the hat.
bool is_accent(char32_t c) { return c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0x300 && c < 0x370); }

std::string escaped(char32_t c) {
  switch (c) {
    case U'&':
      return "&amp;";
    case U'<':
      return "&lt;";
    case U'>':
      return "&gt;";
    case U'"':
      return "&quot;";
    case U'\\':
      return "&#92;";  // else \N and \G would be replaced
    case U'\n':
      return "<BR ALIGN=\"LEFT\"/>";
    default:
      return encode_utf8(std::u32string_view(&c, 1));
  }
}

// The end of the index that starts behind the underscore at `at`, or `at` when this one is part of a word.
std::size_t index_end(std::u32string_view text, std::size_t at) {
  std::size_t base = at;
  while (base > 0 && is_accent(text[base - 1])) --base;
  const bool letter_before = base > 0 && is_letter(text[base - 1]);
  const bool word_before =
      base > 1 && (is_letter(text[base - 2]) || is_digit(text[base - 2]) || text[base - 2] == U'_');
  if (!letter_before || word_before) return at;
  std::size_t end = at + 1;
  while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]))) ++end;
  const bool goes_on = end < text.size() && text[end] == U'_';
  return end == at + 1 || goes_on ? at : end;
}

}  // namespace

std::u32string decode_utf8(std::string_view bytes) {
  std::u32string text;
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const std::size_t length = sequence_length(lead);
    char32_t c = length <= 1 ? lead : lead & (0x7Fu >> length);
    std::size_t read = 1;
    while (read < length && i + read < bytes.size() &&
           (static_cast<unsigned char>(bytes[i + read]) & 0xC0) == 0x80) {
      c = c << 6 | (static_cast<unsigned char>(bytes[i + read++]) & 0x3Fu);
    }
    if (c == U'\t' && length == 1) c = U' ';
    const bool valid = length != 0 && read == length && !overlong(c, length) && printable(c);
    text += valid ? c : replacement;
    i += read;
  }
  return text;
}

std::string encode_utf8(std::u32string_view text) {
  std::string bytes;
  const auto put = [&bytes](std::uint32_t byte) {
    bytes += static_cast<char>(static_cast<unsigned char>(byte));
  };
  for (char32_t c : text) {
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    } else {
      put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    }
  }
  return bytes;
}

std::string shortened(std::string_view text, std::size_t longest) {
  std::u32string letters = decode_utf8(text);
  if (letters.size() > longest) {
    letters.resize(longest - 1);
    letters += U'…';
  }
  return encode_utf8(letters);
}

std::string escape_html(std::string_view text) {
  const std::u32string letters = decode_utf8(text);
  std::string html;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    // Spaces at an end, or two in a row, would be lost.
    const bool kept = letters[i] != U' ' || (i > 0 && i + 1 < letters.size() && letters[i - 1] != U' ');
    html += kept ? escaped(letters[i]) : "&#160;";
  }
  return html.empty() ? "&#160;" : html;
}

std::string formula_html(std::string_view formula) {
  const std::u32string letters = decode_utf8(formula);
  std::u32string_view rest = letters;
  std::string html;
  std::size_t plain = 0;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i] != U'_') continue;
    const std::size_t end = index_end(letters, i);
    if (end == i) continue;
    // SUB alone is a baseline shift, which not every viewer knows, at full size: hence the smaller font.
    html += escape_html(encode_utf8(rest.substr(plain, i - plain)));
    html += "<SUB><FONT POINT-SIZE=\"9\">" + escape_html(encode_utf8(rest.substr(i + 1, end - i - 1))) +
            "</FONT></SUB>";
    plain = end;
    i = end - 1;
  }
  if (plain < letters.size() || html.empty()) html += escape_html(encode_utf8(rest.substr(plain)));
  return html;
}

std::string quoted(std::string_view text) {
  std::string dot = "\"";
  for (char32_t c : decode_utf8(text)) {
    if (c == U'"' || c == U'\\') dot += '\\';
    dot += c == U'\n' ? " " : encode_utf8(std::u32string_view(&c, 1));
  }
  return dot + "\"";
}

std::string extents_text(const Shape& shape) {
  std::string text;
  for (Index extent : shape) text += (text.empty() ? "" : "×") + std::to_string(extent);
  return text.empty() ? "scalar" : text;
}

}  // namespace wengert
