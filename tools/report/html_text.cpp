// SPDX-License-Identifier: MIT
#include <tools/draw/dot_text.h>
#include <tools/report/html_text.h>

namespace wengert {

std::string html_text(std::string_view text) {
  std::string html;
  for (const char c : encode_utf8(decode_utf8(text))) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string html_table(std::string_view caption, const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows) {
  std::string html =
      "<p class=\"note\">" + std::string(caption) + "</p>\n<div class=\"wide\"><table>\n<thead><tr>";
  for (const std::string& cell : head) html += "<th scope=\"col\">" + cell + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      html += i == 0 ? "<th scope=\"row\">" + row[i] + "</th>" : "<td>" + row[i] + "</td>";
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string html_section(std::string_view id, std::string_view title, std::string_view body) {
  const std::string name(id);
  return "<section id=\"" + name + "\"><h2><a href=\"#" + name + "\">" + html_text(title) + "</a></h2>\n" +
         std::string(body) + "</section>\n";
}

}  // namespace wengert
