// SPDX-License-Identifier: MIT
#include <tools/draw/render.h>
#include <tools/file_bytes.h>

#include <optional>

namespace wengert {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Nothing for .dot, which is no picture.
std::optional<Format> format_of(const std::filesystem::path& file) {
  const std::string extension = lower(file.extension().string());
  if (extension == ".dot") return std::nullopt;
  if (extension == ".svg") return Format::svg;
  if (extension == ".png") return Format::png;
  if (extension == ".pdf") return Format::pdf;
  const std::string got =
      extension.empty() ? "no extension" : "the extension \"" + file.extension().string() + "\"";
  throw ValueError("write_drawing: file \"" + file.string() + "\" has " + got +
                   ", expected .dot, .svg, .png or .pdf");
}

}  // namespace

void write_drawing(const Graph& graph, const std::filesystem::path& file, const DotOptions& options) {
  const std::optional<Format> format = format_of(file);
  std::string bytes = to_dot(graph, options);
  if (format) bytes = render(bytes, *format, options.theme);
  write_file_bytes(file, bytes);
}

}  // namespace wengert
