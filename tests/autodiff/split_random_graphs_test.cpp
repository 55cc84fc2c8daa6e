// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/ops.h>
#include <autodiff/split_by_path.h>
#include <rapidcheck.h>
#include <tests/support/all_close.h>
#include <tests/support/random.h>
#include <tests/support/tolerances.h>

#include <cstdlib>
#include <set>
#include <tuple>

using namespace wengert;
using namespace wengert::test;

namespace {

// Which op, on which two earlier Vars, and whether its result is marked: any numbers make a program.
using Step = std::tuple<std::uint8_t, std::uint8_t, std::uint8_t, std::uint8_t>;

Var<double> apply(int op, const Var<double>& a, const Var<double>& b) {
  switch (op) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return tanh(a * b);
    case 3:
      return a / (square(b) + 1);
    case 4:
      return a * -0.75;
    case 5:
      return sum(tanh(a), {-1}, keep_dims) - b;
    case 6:
      return maximum(a, b);
    case 7:
      return sigmoid(a) * mean(b, all_axes);
    case 8:
      return transpose(reshape(transpose(a), {3, 2}));
    default:
      return select(less(a, b), a, b * 0.5);
  }
}

// All Vars of the program; every one has a [2, 3] shape in the end.
std::vector<Var<double>> run(const std::vector<Step>& program, std::vector<Var<double>> vars) {
  int marks = 0;
  for (const auto& [op, a, b, m] : program) {
    Var<double> y = apply(op % 10, vars[a % vars.size()], vars[b % vars.size()]);
    if (y.shape() != Shape{2, 3}) y = broadcast_to(y, {2, 3});
    if (m % 4 == 0 && marks < 8) {
      const auto stage = scope(y, m % 8 == 0 ? "left" : "right");
      y = y * 1.5;
      mark(y, "m" + std::to_string(marks++ / 2));
    }
    vars.push_back(y);
  }
  return vars;
}

double magnitude(const Tensor<double>& tensor) {
  double largest = 0;
  for (const double v : tensor.values()) largest = std::max(largest, std::abs(v));
  return largest;
}

// The classes are apart and add up to the gradient; with some marks selected, to the same.
void check_classes(const std::vector<Step>& program) {
  Random random(program.size() + 1);
  Tape<double> tape;
  const auto leaf = [&] { return tape.leaf(random.tensor<double>({2, 3})); };
  const std::vector<Var<double>> vars = run(program, {leaf(), leaf()});
  const Var<double>& x = vars[0];
  const Var<double>& y = vars.back();
  const Tensor<double> dy = random.tensor<double>({2, 3});
  const Index nodes = tape.size();
  const auto classes = split_by_path(y, dy, x);
  RC_ASSERT(tape.size() == nodes);
  const auto grads = backward(y, dy, {.keep_saved = true});
  RC_ASSERT(grads.reached(x) == !classes.empty());

  std::set<std::vector<std::string>> names;
  double scale = 1;
  Var<double> total(Tensor<double>::zeros({2, 3}));
  for (const auto& c : classes) {
    RC_ASSERT(names.insert(c.marks).second);
    scale = std::max(scale, magnitude(c.cotangent));
    total = total + Var<double>(c.cotangent);
  }
  const double tolerance = rounding<double>(static_cast<double>(program.size() + 1)) * scale;
  RC_ASSERT(magnitude((total - Var<double>(grads[x])).value()) <= tolerance);
}

}  // namespace

TEST_CASE("On any graph with any marks the classes add up to the gradient", "[autodiff][split]") {
  setenv("RC_PARAMS", "seed=20 max_success=1000", 0);
  REQUIRE(rc::check("the classes add up to the gradient", check_classes));
}
