// SPDX-License-Identifier: MIT
#include <tools/file_bytes.h>
#include <tools/file_error.h>
#include <tools/npy_header.h>

#include <charconv>
#include <optional>
#include <vector>

namespace wengert {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

// What stands there, short and printable, for an error text.
std::string excerpt(std::string_view text) {
  if (text.empty()) return "its end";
  std::string shown = "\"";
  for (const char c : text.substr(0, 24)) shown += c >= ' ' && c <= '~' ? c : '?';
  return shown + (text.size() > 24 ? "…\"" : "\"");
}

// Reads the Python literal {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } in any order of keys.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, std::string_view name)
      : rest_(text.substr(0, text.find_last_not_of(" \n") + 1)), name_(name) {}

  bool take(std::string_view token) {
    skip_blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void expect(std::string_view token, const std::string& what) {
    if (!take(token)) fail(what);
  }

  void expect_end() {
    skip_blanks();
    if (!rest_.empty()) fail("its end");
  }

  std::string quoted(const std::string& what) {
    skip_blanks();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const std::size_t end = quote == '\'' || quote == '"' ? rest_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) fail(what);
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool boolean() {
    if (take("True")) return true;
    expect("False", "True or False for fortran_order");
    return false;
  }

  std::vector<Index> extents() {
    std::vector<Index> extents;
    expect("(", "a tuple for shape");
    while (!take(")")) {
      extents.push_back(extent());
      if (take(",")) continue;
      expect(")", "',' or ')' in shape");
      break;
    }
    return extents;
  }

  [[noreturn]] void fail(const std::string& expected) const {
    throw FileError(std::string(name_) + ": header has " + excerpt(rest_) + ", expected " + expected);
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n')) rest_.remove_prefix(1);
  }

  Index extent() {
    skip_blanks();
    Index value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error == std::errc::result_out_of_range) fail("an extent below 2^63 in shape");
    if (error != std::errc()) fail("an integer in shape");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  std::string_view rest_;
  std::string_view name_;
};

// Where the literal begins; the byte after the length field, which version 2.0 widened from two bytes to
// four.
std::string_view literal_of(std::string_view file, const std::string& name) {
  if (file.empty()) throw FileError(name + ": is empty, expected a .npy file");
  if (!file.starts_with(magic)) {
    throw FileError(name + ": starts with " + excerpt(file.substr(0, 6)) +
                    ", expected the .npy magic \\x93NUMPY (not a NumPy array file?)");
  }
  if (file.size() < 10) {
    throw FileError(name + ": " + std::to_string(file.size()) +
                    " bytes, expected a .npy header (truncated file?)");
  }
  const int major = static_cast<unsigned char>(file[6]);
  const int minor = static_cast<unsigned char>(file[7]);
  if ((major != 1 && major != 2) || minor != 0) {
    throw FileError(name + ": .npy version " + std::to_string(major) + "." + std::to_string(minor) +
                    ", expected 1.0 or 2.0");
  }
  const std::size_t width = major == 1 ? 2 : 4;
  const std::size_t begin = 8 + width;
  const std::size_t left = file.size() < begin ? 0 : file.size() - begin;
  const std::size_t length = file.size() < begin ? 0 : little_endian(file, 8, width);
  if (file.size() < begin || length > left) {
    throw FileError(name + ": " + std::to_string(left) +
                    " bytes after the header length, expected a header of " + std::to_string(length) +
                    " (truncated file?)");
  }
  return file.substr(begin, length);
}

Shape shape_of(std::span<const Index> extents, const std::string& name) {
  try {
    return Shape(extents);
  } catch (const ShapeError& error) {
    throw FileError(name + ": " + error.what());
  }
}

}  // namespace

NpyHeader parse_npy_header(std::string_view file, std::string_view name_view) {
  const std::string name(name_view);
  const std::string_view literal = literal_of(file, name);
  std::optional<std::string> dtype;
  std::optional<bool> fortran_order;
  std::optional<std::vector<Index>> extents;

  HeaderReader reader(literal, name);
  reader.expect("{", "a dictionary");
  while (!reader.take("}")) {
    if (reader.take("'descr'") && reader.take(":")) {
      dtype = reader.quoted("a quoted dtype such as '<f4' for descr");
    } else if (reader.take("'fortran_order'") && reader.take(":")) {
      fortran_order = reader.boolean();
    } else if (reader.take("'shape'") && reader.take(":")) {
      extents = reader.extents();
    } else {
      reader.fail("'descr':, 'fortran_order': or 'shape':");
    }
    if (reader.take(",")) continue;
    reader.expect("}", "',' or '}'");
    break;
  }
  reader.expect_end();

  const char* missing = !dtype ? "descr" : !fortran_order ? "fortran_order" : !extents ? "shape" : nullptr;
  if (missing != nullptr)
    throw FileError(name + ": header has no " + missing + ", expected descr, fortran_order, shape");
  if (*fortran_order) {
    throw FileError(
        name + ": fortran_order is True, expected False (numpy.ascontiguousarray before saving makes it so)");
  }
  const std::size_t data_offset = static_cast<std::size_t>(literal.data() - file.data()) + literal.size();
  return {.dtype = *dtype, .shape = shape_of(*extents, name), .data_offset = data_offset};
}

std::string npy_header_bytes(std::string_view dtype, const Shape& shape) {
  constexpr std::size_t size = 320;
  std::string tuple;
  for (const Index extent : shape) tuple += std::to_string(extent) + (shape.rank() == 1 ? "," : ", ");
  if (shape.rank() > 1) tuple.resize(tuple.size() - 2);

  std::string bytes(magic);
  bytes += {'\1', '\0', static_cast<char>((size - 10) % 256), static_cast<char>((size - 10) / 256)};
  bytes += "{'descr': '" + std::string(dtype) + "', 'fortran_order': False, 'shape': (" + tuple + "), }";
  bytes.resize(size - 1, ' ');
  return bytes + "\n";
}

}  // namespace wengert
