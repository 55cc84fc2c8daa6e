// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/fuse.h>
#include <autodiff/ops.h>
#include <autodiff/split_by_path.h>
#include <tests/support/all_close.h>

#include <map>

using namespace wengert;
using namespace wengert::test;

namespace {

using Names = std::vector<std::string>;
const Tensor<double> a2({2}, {1, -2});
const Tensor<double> ones({2}, {1, 1});

std::map<Names, Tensor<double>> split(const Var<double>& y, const Tensor<double>& dy, const Var<double>& x,
                                      const Names& marks = {}) {
  std::map<Names, Tensor<double>> classes;
  for (const auto& c : split_by_path(y, dy, x, marks)) classes[c.marks] = c.cotangent;
  return classes;
}

Var<double> marked(Var<double> v, const char* name) {
  mark(v, name);
  return v;
}

// One node; its staged form has a mark and opens no stage.
Var<double> tripled(const Var<double>& x) {
  return fuse<double>(
      {.op = "triple",
       .inputs = {{"x", x}},
       .forward = [](Saved<double>& s) { return (Var<double>(s["x"]) * 3).value(); },
       .vjp = [](const Saved<double>&,
                 const Tensor<double>& dy) { return std::vector{(Var<double>(dy) * 3).value()}; },
       .staged = [](std::span<const Var<double>> in) { return marked(in[0] * 2, "m") + in[0]; }});
}

Names keys(const std::map<Names, Tensor<double>>& classes) {
  Names text;
  for (const auto& [names, cotangent] : classes) {
    std::string joined;
    for (const std::string& name : names) joined += (joined.empty() ? "" : "+") + name;
    text.push_back(joined);
  }
  return text;
}

}  // namespace

TEST_CASE("A gradient comes apart by the marks on its way", "[autodiff][split]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  const Var<double> a = marked(x * 2, "a");
  const Var<double> b = marked(a * 3 + x * 5, "b");
  const Var<double> y = x * 7 + a * 11 + b * 13;
  const auto classes = split(y, ones, x);
  REQUIRE(keys(classes) == Names{"", "a", "a+b", "b"});
  CHECK_THAT(classes.at({}), Equals(Tensor<double>({2}, {7, 7})));
  CHECK_THAT(classes.at({"a"}), Equals(Tensor<double>({2}, {22, 22})));
  CHECK_THAT(classes.at({"b"}), Equals(Tensor<double>({2}, {65, 65})));
  CHECK_THAT(classes.at({"a", "b"}), Equals(Tensor<double>({2}, {78, 78})));
  CHECK(split_by_path(y, ones, x).front().marks.empty());
}

TEST_CASE("Splitting changes nothing on the tape and releases nothing", "[autodiff][split]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  const Var<double> y = square(marked(exp(x), "e"));
  split(y, ones, x);
  const auto again = split(y, ones, x);
  CHECK(tape.size() == 3);
  CHECK_THAT(backward(y, ones)[x], Equals(again.at({"e"})));
  CHECK_THROWS_WITH(
      split(y, ones, x),
      "backward: what square %2 saved was released by an earlier sweep, expected .keep_saved on "
      "that one");
}

TEST_CASE("Marks may be selected by name", "[autodiff][split]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  const Var<double> a = marked(x * 2, "a");
  const Var<double> y = marked(a * 3, "b") + x;
  CHECK(keys(split(y, ones, x)) == Names{"", "a+b"});
  CHECK(keys(split(y, ones, x, {"a"})) == Names{"", "a"});
  CHECK(keys(split(y, ones, x, {"b", "a"})) == Names{"", "a+b"});
  CHECK_THROWS_WITH(split(y, ones, x, {"c"}), "split_by_path: mark \"c\" does not occur between x and y");
  const Var<double> beside = marked(x * 3, "beside");
  CHECK_THROWS_AS(split(y, ones, x, {"beside"}), ValueError);
  CHECK(beside.on_tape());
}

TEST_CASE("One name in two stages is two marks, told apart by the stage", "[autodiff][split]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  const auto layer = [](const Var<double>& in) {
    const auto stage = scope(in, "norm");
    return marked(in * 2, "mean") + in;
  };
  const Var<double> y = layer(layer(x));
  CHECK(keys(split(y, ones, x)) == Names{"", "norm#2/mean", "norm/mean", "norm/mean+norm#2/mean"});
  CHECK(keys(split(y, ones, x, {"norm#2/mean"})) == Names{"", "mean"});
  CHECK(keys(split(y, ones, x, {"mean"})).size() == 4);
}

TEST_CASE("Fused nodes whose staged forms open no stage still do not mix", "[autodiff][split]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  const auto classes = split_by_path(tripled(tripled(x)), ones, x);
  REQUIRE(classes.size() == 4);
  double total = 0;
  for (const auto& c : classes) total += c.cotangent[0];
  CHECK(total == 9);
  CHECK(classes[1].marks != classes[2].marks);
}

TEST_CASE("A marked y is passed by every path, a marked x by none", "[autodiff][split]") {
  Tape<double> tape;
  const Var<double> x = marked(tape.leaf(a2) * 1, "x");
  const Var<double> y = marked(x * 2, "y");
  CHECK(keys(split(y, ones, x)) == Names{"y"});
  CHECK(keys(split(x, ones, x)) == Names{""});
}

TEST_CASE("There is no class where there is no path", "[autodiff][split]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2), z = tape.leaf(a2);
  CHECK(split(z * 2, ones, x).empty());
  CHECK(split(x, ones, x + z).empty());
  CHECK(split(sign(x), ones, x).empty());
  CHECK(split(z + sign(x) * z, ones, x).empty());
  CHECK(split(tripled(sign(x)), ones, x).empty());
}

TEST_CASE("Eight marks are split, a ninth is too many unless some are selected", "[autodiff][split]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(a2);
  Var<double> y = x;
  const std::array names{"m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"};
  for (const char* name : names) y = marked(y * 0.5, name) + y;
  CHECK(split(y, ones, x).size() == 256);
  y = marked(y * 0.5, "m9") + y;
  CHECK_THROWS_WITH(
      split(y, ones, x),
      "split_by_path: \"m9\" is the ninth mark between x and y, expected at most 8; select some "
      "of them");
  CHECK(split(y, ones, x, {"m9", "m1"}).size() == 4);
}

TEST_CASE("What cannot be split is refused with a reason", "[autodiff][split]") {
  Tape<double> tape, other;
  const Var<double> x = tape.leaf(a2), elsewhere = other.leaf(a2);
  const auto text = "split_by_path: x and y are not on one tape, expected both on the same";
  CHECK_THROWS_WITH(split(x, ones, elsewhere), text);
  CHECK_THROWS_WITH(split(Var<double>(a2), ones, x), text);
  CHECK_THROWS_WITH(split(x, ones, Var<double>(a2)), text);
  CHECK_THROWS_WITH(split(x, Tensor<double>::zeros({3}), x), "split_by_path: dy has shape [3], expected [2]");
}
