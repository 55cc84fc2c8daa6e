// SPDX-License-Identifier: MIT
// The rules of the ops as text, for pictures. Sums over broadcast axes are not in it: they depend on shapes.
#include <autodiff/op.h>

#include <array>

namespace wengert {
namespace {

struct VjpText {
  Op op;
  std::array<std::string_view, 3> by_input;
};

constexpr std::array table{
    VjpText{Op::add, {"{d}", "{d}"}},
    VjpText{Op::sub, {"{d}", "−{d}"}},
    VjpText{Op::mul, {"{1} · {d}", "{0} · {d}"}},
    VjpText{Op::div, {"{d} / {1}", "−{y} · {d} / {1}"}},
    VjpText{Op::neg, {"−{d}"}},
    VjpText{Op::add_scalar, {"{d}"}},
    VjpText{Op::mul_scalar, {"{s} · {d}"}},
    VjpText{Op::div_scalar, {"{d} / {s}"}},
    VjpText{Op::pow, {"{s} · {0} ^ ({s} − 1) · {d}"}},
    VjpText{Op::square, {"2 {0} · {d}"}},
    VjpText{Op::sqrt, {"{d} / 2{y}"}},
    VjpText{Op::rsqrt, {"−½ {y}³ · {d}"}},
    VjpText{Op::reciprocal, {"−{y}² · {d}"}},
    VjpText{Op::exp, {"{y} · {d}"}},
    VjpText{Op::log, {"{d} / {0}"}},
    VjpText{Op::tanh, {"(1 − {y}²) · {d}"}},
    VjpText{Op::sigmoid, {"{y} · (1 − {y}) · {d}"}},
    VjpText{Op::relu, {"{d} where {0} > 0"}},
    VjpText{Op::abs, {"sign({0}) · {d}"}},
    VjpText{Op::maximum, {"{d} where {0} > {1}, ½ where equal", "{d} where {1} > {0}, ½ where equal"}},
    VjpText{Op::minimum, {"{d} where {0} < {1}, ½ where equal", "{d} where {1} < {0}, ½ where equal"}},
    VjpText{Op::select, {"", "{d} where {0}", "{d} where not {0}"}},
    VjpText{Op::sum, {"{d}"}},
    VjpText{Op::mean, {"{d} / {n}"}},
    VjpText{Op::max, {"{d} where {0} = {y}, shared"}},
    VjpText{Op::reshape, {"reshape({d})"}},
    VjpText{Op::transpose, {"transpose({d})"}},
    VjpText{Op::broadcast_to, {"Σ {d}"}},
    VjpText{Op::sum_to, {"{d}"}},
    VjpText{Op::matmul, {"{d} {1}ᵀ", "{0}ᵀ {d}"}},
};

}  // namespace

std::string_view vjp_formula(Op op, int input) {
  for (const VjpText& text : table) {
    if (text.op == op) return text.by_input[static_cast<std::size_t>(input)];
  }
  return {};
}

}  // namespace wengert
