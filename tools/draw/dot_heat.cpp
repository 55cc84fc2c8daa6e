// SPDX-License-Identifier: MIT
#include <tools/draw/dot_cards.h>
#include <tools/draw/dot_heat.h>
#include <tools/draw/dot_numbers.h>
#include <tools/quantities.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace wengert {
namespace {

constexpr std::array steps{Token::heat_1, Token::heat_2, Token::heat_3, Token::heat_4, Token::heat_5};

std::string heat_text(View view, double value) {
  if (view == View::heat_time) return time_text(static_cast<std::int64_t>(value));
  if (view == View::heat_bytes) return bytes_text(static_cast<std::size_t>(value));
  const std::array<double, 1> tenths{std::round(value * 10) / 10};
  return numbers_text(tenths, {}, false) + " u";
}

std::string measured(View view) {
  if (view == View::heat_time) return "time, forward and backward";
  if (view == View::heat_bytes) return "bytes of the values";
  return "largest error of the value, in roundings u of its root mean square";
}

}  // namespace

bool is_heat(View view) {
  return view == View::heat_time || view == View::heat_bytes || view == View::heat_error;
}

double heat_of(View view, const GraphNode& node) {
  if (is_source(node) || is_cotangent(node)) return 0;
  if (view == View::heat_time) return static_cast<double>(node.forward_ns + node.backward_ns);
  if (view == View::heat_bytes) return static_cast<double>(node.bytes + node.inner_bytes);
  const double error = node.error.value_or(0);
  return std::isfinite(error) ? error : 0;
}

Token heat_token(const Scene& scene, const GraphNode& node) {
  const double share = scene.most_heat > 0 ? heat_of(scene.options.view, node) / scene.most_heat : 0;
  return steps[static_cast<std::size_t>(std::clamp(share * 5, 0.0, 4.0))];
}

std::string heat_card(const Scene& scene, const GraphNode& node) {
  const View view = scene.options.view;
  const double heat = heat_of(view, node);
  const bool known = view != View::heat_error || node.error.has_value();
  std::string value = known ? heat_text(view, heat) : "not measured";
  if (view != View::heat_error && scene.most_heat > 0) {
    double all = 0;
    for (const GraphNode& other : scene.graph.nodes) all += heat_of(view, other);
    value += scene.separator() + std::to_string(std::lround(100 * heat / all)) + " %";
  }
  // All in ink: muted text would not stand out on the darker steps.
  return "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\"><TR><TD ALIGN=\"LEFT\">" +
         scene.formula(node.fused ? node.op : headline(node), {14, Token::ink, true}) +
         "</TD><TD ALIGN=\"RIGHT\">" + scene.text("  " + op_note(scene, node), {9, Token::ink}) +
         "</TD></TR><TR><TD ALIGN=\"LEFT\" COLSPAN=\"2\">" + scene.text(value, {11, Token::ink}) +
         "</TD></TR></TABLE>";
}

std::string heat_legend(const Scene& scene) {
  std::string html = scene.text("    " + measured(scene.options.view) + ":  ", {11, Token::muted});
  if (scene.options.ascii)
    return html + scene.text("up to " + heat_text(scene.options.view, scene.most_heat), {11, Token::muted});
  html += scene.text("0 ", {11, Token::muted});
  for (const Token step : steps) html += scene.text("■", {13, step});
  return html + scene.text(" " + heat_text(scene.options.view, scene.most_heat), {11, Token::muted});
}

}  // namespace wengert
