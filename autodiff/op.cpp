// SPDX-License-Identifier: MIT
#include <autodiff/op.h>

#include <array>

namespace wengert {
namespace {

using enum OpKind;

// In the order of the enumerators.
constexpr std::array table{
    OpInfo{"leaf", source, ""},
    OpInfo{"constant", source, ""},
    OpInfo{"add", elementwise, "{0} + {1}"},
    OpInfo{"sub", elementwise, "{0} − {1}"},
    OpInfo{"mul", elementwise, "{0} · {1}"},
    OpInfo{"div", elementwise, "{0} / {1}"},
    OpInfo{"neg", elementwise, "−{0}"},
    OpInfo{"add_scalar", elementwise, "{0} + {s}"},
    OpInfo{"mul_scalar", elementwise, "{s} · {0}"},
    OpInfo{"div_scalar", elementwise, "{0} / {s}"},
    OpInfo{"pow", elementwise, "{0} ^ {s}"},
    OpInfo{"square", elementwise, "{0}²"},
    OpInfo{"sqrt", elementwise, "√{0}"},
    OpInfo{"rsqrt", elementwise, "1 / √{0}"},
    OpInfo{"reciprocal", elementwise, "1 / {0}"},
    OpInfo{"exp", elementwise, "exp({0})"},
    OpInfo{"log", elementwise, "log({0})"},
    OpInfo{"tanh", elementwise, "tanh({0})"},
    OpInfo{"sigmoid", elementwise, "sigmoid({0})"},
    OpInfo{"relu", elementwise, "relu({0})"},
    OpInfo{"abs", elementwise, "|{0}|"},
    OpInfo{"sign", elementwise, "sign({0})"},
    OpInfo{"equal", elementwise, "{0} = {1}"},
    OpInfo{"less", elementwise, "{0} < {1}"},
    OpInfo{"less_equal", elementwise, "{0} ≤ {1}"},
    OpInfo{"maximum", elementwise, "max({0}, {1})"},
    OpInfo{"minimum", elementwise, "min({0}, {1})"},
    OpInfo{"select", elementwise, "{0} ? {1} : {2}"},
    OpInfo{"sum", reduction, "Σ {0}"},
    OpInfo{"mean", reduction, "mean({0})"},
    OpInfo{"max", reduction, "max({0})"},
    OpInfo{"reshape", layout, "reshape({0})"},
    OpInfo{"transpose", layout, "transpose({0})"},
    OpInfo{"broadcast_to", layout, "broadcast({0})"},
    OpInfo{"sum_to", reduction, "Σ {0}"},
    OpInfo{"matmul", contraction, "{0} {1}"},
    OpInfo{"fused", fused, ""},
};
static_assert(table.size() == static_cast<std::size_t>(Op::fused) + 1);

}  // namespace

const OpInfo& info(Op op) { return table[static_cast<std::size_t>(op)]; }

}  // namespace wengert
