// SPDX-License-Identifier: MIT
#include <tools/draw/sheet_totals.h>
#include <tools/quantities.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace wengert {
namespace {

constexpr int longest_bar = 120;

struct Total {
  std::string what;
  double staged, fused;
  std::string staged_text, fused_text;
};

std::string time_of(const Quartiles& q) {
  const auto text = [](double ns) { return time_text(static_cast<std::int64_t>(ns)); };
  return text(q.median) + " (" + text(q.lower) + " … " + text(q.upper) + ")";
}

std::vector<Total> totals(const Comparison& c) {
  const auto bytes = [](std::string what, std::size_t staged, std::size_t fused) {
    return Total{std::move(what), static_cast<double>(staged), static_cast<double>(fused), bytes_text(staged),
                 bytes_text(fused)};
  };
  const auto time = [](std::string what, const Quartiles& staged, const Quartiles& fused) {
    return Total{std::move(what), staged.median, fused.median, time_of(staged), time_of(fused)};
  };
  const Ledger &staged = c.staged.memory, &fused = c.fused.memory;
  std::vector<Total> rows{
      {"op nodes", static_cast<double>(staged.op_nodes), static_cast<double>(fused.op_nodes),
       std::to_string(staged.op_nodes), std::to_string(fused.op_nodes)},
      bytes("saved for backward", staged.saved_bytes, fused.saved_bytes),
      bytes("peak beyond inputs", staged.peak_bytes, fused.peak_bytes)};
  if (c.staged.timing && c.fused.timing) {
    rows.push_back(time("forward", c.staged.timing->forward, c.fused.timing->forward));
    rows.push_back(time("backward", c.staged.timing->backward, c.fused.timing->backward));
  }
  return rows;
}

std::string bar(const Scene& scene, double value, double most, Token token) {
  const double share = most > 0 ? value / most : 0;
  const int width = std::max(2, static_cast<int>(std::lround(share * longest_bar)));
  return "<TD ALIGN=\"LEFT\" WIDTH=\"" + std::to_string(longest_bar + 4) +
         "\"><TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\"><TR><TD "
         "FIXEDSIZE=\"TRUE\" ALIGN=\"LEFT\" WIDTH=\"" +
         std::to_string(width) + "\" HEIGHT=\"7\" BGCOLOR=\"" + scene.colour(token) +
         "\"></TD></TR></TABLE></TD>";
}

std::string ratio_text(const Total& total) {
  if (!(total.fused > 0)) return {};
  const double ratio = total.staged / total.fused;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), ratio >= 100 ? "%.0f" : "%.1f", ratio);
  return std::string(text.data()) + "×";
}

constexpr std::string_view open_table =
    "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\">";

std::string cell(std::string_view align, int width, const std::string& html, std::string_view more = "") {
  return "<TD ALIGN=\"" + std::string(align) + "\" WIDTH=\"" + std::to_string(width) + "\"" +
         std::string(more) + ">" + html + "</TD>";
}

constexpr int name_width = 142, number_width = 166, ratio_width = 56;

std::string total_row(const Scene& scene, const Total& total) {
  const double most = std::max(total.staged, total.fused);
  const auto number = [&](const std::string& text) {
    return cell("RIGHT", number_width, scene.text(text, {10, Token::ink}));
  };
  return std::string(open_table) + "<TR>" +
         cell("LEFT", name_width, scene.text(total.what, {11, Token::ink, true}), " ROWSPAN=\"2\"") +
         bar(scene, total.staged, most, Token::muted) + number(total.staged_text) +
         cell("RIGHT", ratio_width, scene.text(ratio_text(total), {13, Token::time_high, true}),
              " ROWSPAN=\"2\"") +
         "</TR><TR>" + bar(scene, total.fused, most, Token::time_high) + number(total.fused_text) +
         "</TR></TABLE>";
}

std::string heading(const Scene& scene) {
  const std::string square = scene.options.ascii ? "" : "■ ";
  return std::string(open_table) + "<TR>" +
         cell("LEFT", name_width, scene.text("totals", {14, Token::ink, true})) +
         cell("LEFT", longest_bar + number_width + 4,
              scene.text(square + "staged", {11, Token::muted, true}) +
                  scene.text("    " + square + "fused", {11, Token::time_high, true})) +
         cell("RIGHT", ratio_width, scene.text("ratio", {11, Token::muted})) + "</TR></TABLE>";
}

std::string note(const Comparison& c) {
  if (!c.staged.timing) return "no times: the forms disagree";
  return "times: median (quartiles) of " + std::to_string(c.staged.timing->rounds) + " interleaved rounds";
}

}  // namespace

std::string write_totals(DotWriter& out, const Scene& scene, const Comparison& comparison) {
  std::vector<std::string> rows{heading(scene)};
  for (const Total& total : totals(comparison)) rows.push_back(total_row(scene, total));
  rows.push_back(scene.text(note(comparison), {10, Token::muted}));

  out.open("subgraph cluster_totals");
  out.statement("graph", {{"class", "panel"},
                          {"style", "rounded,filled"},
                          {"fillcolor", scene.colour(Token::background)},
                          {"color", scene.colour(Token::hairline)},
                          {"margin", "10"}});
  out.no_label();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string id = "total_" + std::to_string(i);
    out.statement(id, {{"class", "totals"}, {"shape", "plain"}, {"style", "solid"}, {"group", "totals"}},
                  rows[i]);
    if (i > 0) out.above("total_" + std::to_string(i - 1), id);
  }
  out.close();
  return "total_0";
}

}  // namespace wengert
