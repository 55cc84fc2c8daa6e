// SPDX-License-Identifier: MIT
// The DOT language, statement by statement: indentation, quoting, and every label HTML-like.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace wengert {

struct DotAttribute {
  std::string_view name;
  std::string value;  ///< left out when empty
};

class DotWriter {
 public:
  using Attributes = std::initializer_list<DotAttribute>;

  /// `header {`, indented until close(): "digraph batch_norm", "subgraph cluster_s2".
  void open(std::string_view header);
  void close();
  /// A statement on attributes: `graph [...]`, `n7 [...]`, `n3 -> n7 [...]`. An empty `label` is left out.
  void statement(std::string_view subject, Attributes attributes, std::string_view html_label = {});
  /// Keeps a box from inheriting the label of the picture.
  void no_label();
  /// Keeps the nodes on one rank, in this order.
  void same_rank(std::string_view first, std::string_view second);
  /// Keeps `first` above `second`.
  void above(std::string_view first, std::string_view second);

  std::string text() && { return std::move(text_); }

 private:
  void indent() { text_.append(depth_ * 2, ' '); }

  std::string text_;
  std::size_t depth_ = 0;
};

}  // namespace wengert
