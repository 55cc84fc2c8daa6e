// SPDX-License-Identifier: MIT
#include <tools/draw/dot_text.h>
#include <tools/draw/dot_writer.h>

namespace wengert {

void DotWriter::open(std::string_view header) {
  indent();
  text_.append(header).append(" {\n");
  ++depth_;
}

void DotWriter::close() {
  --depth_;
  indent();
  text_ += "}\n";
}

void DotWriter::statement(std::string_view subject, Attributes attributes, std::string_view html_label) {
  indent();
  text_.append(subject).append(" [");
  bool first = true;
  const auto next = [&](std::string_view name) {
    text_.append(first ? "" : " ").append(name) += '=';
    first = false;
  };
  for (const DotAttribute& attribute : attributes) {
    if (attribute.value.empty()) continue;
    next(attribute.name);
    text_ += quoted(attribute.value);
  }
  if (!html_label.empty()) {
    next("label");
    text_.append("<").append(html_label) += '>';
  }
  text_ += "];\n";
}

void DotWriter::no_label() {
  indent();
  text_ += "label=\"\";\n";
}

void DotWriter::same_rank(std::string_view first, std::string_view second) {
  indent();
  text_.append("{ rank=same; ").append(first).append(" -> ").append(second).append(" [style=invis]; }\n");
}

void DotWriter::above(std::string_view first, std::string_view second) {
  indent();
  text_.append(first).append(" -> ").append(second).append(" [style=invis];\n");
}

}  // namespace wengert
