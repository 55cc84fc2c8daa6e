// SPDX-License-Identifier: MIT
#include <tools/report/html_page.h>
#include <tools/report/html_text.h>

namespace wengert {

std::string html_page(std::string_view title, std::string_view body) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>";
  html += html_text(title);
  html.append("</title>\n<style>\n").append(page_style()).append("</style>\n</head>\n<body>\n<main>\n");
  html.append(body).append("</main>\n<script>\n").append(page_script());
  return html + "</script>\n</body>\n</html>\n";
}

std::string inline_svg(std::string_view svg, std::string_view name) {
  const std::size_t start = svg.find("<svg");
  std::string out(start == std::string_view::npos ? svg : svg.substr(start));
  // References go with the ids: gnuplot's pictures have them.
  for (const std::string_view mark : {" id=\"", " id='", "href=\"#", "href='#", "url(#"}) {
    for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at)) {
      at += mark.size();
      out.insert(at, std::string(name) + "-");
    }
  }
  return out;
}

std::string html_figure(std::string_view svg, std::string_view name, std::string_view caption,
                        bool explorable) {
  std::string html = "<figure" + std::string(explorable ? " class=\"explore\"" : "") + ">\n";
  if (explorable) {
    html +=
        "<div class=\"tools\"><label>find <input type=\"search\" placeholder=\"name or %7\"></label>"
        "<output></output><button type=\"button\" data-zoom=\"in\" title=\"zoom in\">+</button>"
        "<button type=\"button\" data-zoom=\"out\" title=\"zoom out\">−</button>"
        "<button type=\"button\" data-zoom=\"fit\">fit</button></div>\n";
  }
  html += "<div class=\"picture\">" + inline_svg(svg, name) + "</div>\n";
  if (!caption.empty()) html.append("<figcaption>").append(caption).append("</figcaption>\n");
  return html + "</figure>\n";
}

}  // namespace wengert
