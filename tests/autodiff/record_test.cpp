// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <autodiff/record.h>
#include <tests/support/all_close.h>
#include <tests/support/random.h>

using namespace wengert;
using namespace wengert::test;

namespace {

const Tensor<double>& numbers() {
  static const Tensor<double> values({3}, {1, -2, 4});
  return values;
}

std::vector<std::string> saved_of(const Tape<double>& tape, const Var<double>& v) {
  std::vector<std::string> names;
  const Graph graph = snapshot(tape);
  for (const SavedTensor& s : graph.nodes[static_cast<std::size_t>(v.id())].saved) names.push_back(s.name);
  return names;
}
using Names = std::vector<std::string>;

// One buffer for the result and the argument: whether `op` took it over.
template <class F>
bool takes_over(Var<double> x, F op) {
  const void* before = x.value().data();
  return op(std::move(x)).value().data() == before;
}

}  // namespace

TEST_CASE("An op saves what its gradient reads and nothing else", "[autodiff][record]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(numbers(), "x"), z = tape.leaf(numbers(), "z");
  const auto labelled = [](Var<double> v) {
    label(v, "y");
    return v;
  };
  CHECK(saved_of(tape, labelled(x + z)).empty());
  CHECK(saved_of(tape, labelled(x - z)).empty());
  CHECK(saved_of(tape, labelled(x * 2)).empty());
  CHECK(saved_of(tape, labelled(sum(x))).empty());
  CHECK(saved_of(tape, labelled(mean(x))).empty());
  CHECK(saved_of(tape, labelled(reshape(x, {3, 1}))).empty());
  CHECK(saved_of(tape, labelled(less(x, z))).empty());
  CHECK(saved_of(tape, labelled(x * z)) == Names{"x", "z"});
  CHECK(saved_of(tape, labelled(x / z)) == Names{"z", "y"});
  CHECK(saved_of(tape, labelled(square(x))) == Names{"x"});
  CHECK(saved_of(tape, labelled(exp(x))) == Names{"y"});
  CHECK(saved_of(tape, labelled(relu(x))) == Names{"y"});
  CHECK(saved_of(tape, labelled(max(x))) == Names{"x", "y"});
  CHECK(saved_of(tape, labelled(select(less(x, z), x, z))).size() == 1);
}

TEST_CASE("What only a constant's gradient would read is not saved", "[autodiff][record]") {
  Tape<double> tape;
  const Var<double> x = tape.leaf(numbers(), "x"), c(numbers());
  CHECK(saved_of(tape, x * c).size() == 1);
  CHECK(saved_of(tape, x * c) != Names{"x"});
  CHECK(saved_of(tape, c * x) != Names{"x"});
  CHECK(saved_of(tape, c / x).size() == 2);
  CHECK(saved_of(tape, x / c).size() == 1);
  CHECK(saved_of(tape, exp(sign(x))).empty());
  CHECK(saved_of(tape, sign(x) * x) != Names{"x"});
}

TEST_CASE("Off the tape an op computes and records nothing", "[autodiff][record]") {
  Tape<double> tape;
  const Var<double> c(numbers());
  CHECK_FALSE((exp(c) * c + 1).on_tape());
  CHECK(tape.size() == 0);
}

TEST_CASE("A constant becomes a node without its numbers", "[autodiff][record]") {
  Tape<double> tape;
  const Var<double> y = tape.leaf(numbers()) + Var<double>(numbers());
  CHECK(y.id() == 2);
  const Graph graph = snapshot(tape);
  CHECK(graph.nodes[1].op == "constant");
  CHECK_FALSE(graph.nodes[1].needs_gradient);
  CHECK_FALSE(graph.nodes[1].value);
  CHECK(graph.nodes[0].value);
}

TEST_CASE("An elementwise op takes over the buffer of an argument that dies", "[autodiff][record]") {
  CHECK(takes_over(numbers().clone(), [](Var<double> x) { return exp(std::move(x)); }));
  CHECK(takes_over(numbers().clone(), [](Var<double> x) { return std::move(x) * 2 + 1; }));
  CHECK(takes_over(numbers().clone(),
                   [](Var<double> x) { return Var<double>(Tensor<double>::scalar(2)) * std::move(x); }));
  Tape<double> tape;
  const Var<double> x = tape.leaf(numbers());
  const std::size_t live = memory::stats().live_bytes;
  const Var<double> y = -(((x + x) * 2 + 1) / 3);
  CHECK(memory::stats().live_bytes == live + y.value().bytes());
  CHECK_THAT(y.value(), Equals(Tensor<double>({3}, {-5.0 / 3, 7.0 / 3, -17.0 / 3})));
}

TEST_CASE("No op takes over what somebody else holds", "[autodiff][record]") {
  const Tensor<double> original({3}, {1, -2, 4});
  const auto negate = [](Var<double> x) { return neg(std::move(x)); };
  SECTION("a held handle") {
    const Var<double> held(original.clone());
    CHECK_FALSE(takes_over(held, negate));
    CHECK_THAT(held.value(), Equals(original));
  }
  SECTION("a held tensor") {
    const Tensor<double> held = original.clone();
    CHECK_FALSE(takes_over(Var<double>(held), negate));
    CHECK_THAT(held, Equals(original));
  }
  SECTION("a reshaped view") {
    Var<double> x(original.clone());
    const Var<double> view = reshape(x, {3, 1});
    CHECK_FALSE(takes_over(std::move(x), negate));
    CHECK_THAT(view.value(), Equals(original.reshaped({3, 1})));
  }
  SECTION("borrowed memory") {
    CHECK_FALSE(takes_over(Tensor<double>::borrow(original.data(), {3}), negate));
    CHECK(original[1] == -2);
  }
  SECTION("a leaf") {
    Tape<double> tape;
    CHECK_FALSE(takes_over(tape.leaf(original.clone()), negate));
  }
  SECTION("a saved input") {
    Tape<double> tape;
    const Var<double> x = tape.leaf(original.clone());
    CHECK_FALSE(takes_over(x + 0, [](Var<double> v) { return square(std::move(v)); }));
  }
  SECTION("a saved output") {
    Tape<double> tape;
    const Var<double> x = tape.leaf(original.clone());
    CHECK_FALSE(takes_over(exp(x), negate));
  }
  SECTION("a kept value") {
    Tape<double> tape;
    tape.keep_values(true);
    const Var<double> x = tape.leaf(original.clone());
    CHECK_FALSE(takes_over(x + 0, negate));
  }
  SECTION("both sides at once") {
    const Var<double> x(original.clone());
    CHECK_THAT(mul(x, x).value(), Equals(Tensor<double>({3}, {1, 4, 16})));
  }
  SECTION("an argument of another shape, or of a reduction") {
    CHECK_FALSE(takes_over(Tensor<double>::full({1}, 2), [](Var<double> x) {
      return std::move(x) + Var<double>(Tensor<double>({3}, {1, 2, 3}));
    }));
    CHECK_FALSE(takes_over(original.clone(), [](Var<double> x) { return sum(std::move(x), {}); }));
  }
}

TEST_CASE("keep_values keeps every node's value as it was", "[autodiff][record]") {
  Tape<double> tape;
  tape.keep_values(true);
  const Var<double> x = tape.leaf(numbers());
  const Var<double> y = (x + Var<double>(Tensor<double>({3}, {10, 20, 30}))) * Var<double>(numbers().clone());
  const Graph graph = snapshot(tape);
  using Values = std::vector<double>;
  CHECK(graph.nodes[1].value == Values{10, 20, 30});
  CHECK(graph.nodes[2].value == Values{11, 18, 34});
  CHECK(graph.nodes[3].value == Values{1, -2, 4});
  CHECK(graph.nodes[4].value == Values{11, -36, 136});
}

TEST_CASE("profile counts nanoseconds, forward and backward; without it there are none",
          "[autodiff][record]") {
  for (const bool on : {true, false}) {
    Tape<double> tape;
    tape.profile(on);
    const Var<double> x = tape.leaf(Random(1).tensor<double>({300, 300}));
    backward(sum(exp(x)));
    const Graph graph = snapshot(tape);
    CHECK((graph.nodes[1].forward_ns > 0) == on);
    CHECK((graph.nodes[1].backward_ns > 0) == on);
    CHECK(graph.nodes[0].forward_ns == 0);
  }
}

TEST_CASE("A rule that reads what it does not name is refused", "[autodiff][record]") {
  static constexpr Rule<double> careless[] = {
      {.vjp = [](const Vjp<double>& n, Var<double> dy) { return std::move(dy) * n.in(0); }}};
  Tape<double> tape;
  Var<double> x = tape.leaf(numbers(), "x");
  const auto copy = [&](double* y) { std::copy_n(x.value().data(), 3, y); };
  const Var<double> y =
      record<double>({.op = Op::square, .inputs = {&x}, .shape = {3}, .compute = copy, .vjp = careless});
  CHECK_THROWS_WITH(backward(y, numbers()), "square: its rule reads %0 \"x\", which `.reads` does not name");
}
