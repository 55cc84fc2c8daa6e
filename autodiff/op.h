// SPDX-License-Identifier: MIT
// The vocabulary of the tape: every primitive op has an enumerator, so that a pass can read a tape as data.
#pragma once

#include <autodiff/shape.h>

#include <cstdint>
#include <string_view>

namespace wengert {

enum class Op : std::uint8_t {
  // on the tape without being computed
  leaf,
  constant,
  // arithmetic
  add,
  sub,
  mul,
  div,
  neg,
  add_scalar,
  mul_scalar,
  div_scalar,
  // elementwise
  pow,
  square,
  sqrt,
  rsqrt,
  reciprocal,
  exp,
  log,
  tanh,
  sigmoid,
  relu,
  abs,
  // selection
  sign,
  equal,
  less,
  less_equal,
  maximum,
  minimum,
  select,
  // reductions
  sum,
  mean,
  max,
  // layout
  reshape,
  transpose,
  broadcast_to,
  sum_to,
  // linear algebra
  matmul,
  // a closed form brought by fuse()
  fused,
};

/// What a later pass needs to know of an op besides its name.
enum class OpKind : std::uint8_t { source, elementwise, reduction, layout, contraction, fused };

struct OpInfo {
  std::string_view name;
  OpKind kind;
  /// Right-hand side: {0}, {1}, {2} stand for the inputs, {s} for the scalar attribute.
  std::string_view formula;
};

const OpInfo& info(Op op);

/// The vjp for one input in words, in the same manner; {y} stands for the output, {d} for its cotangent, {n}
/// for the number of elements that a mean runs over. Empty where no gradient flows.
std::string_view vjp_formula(Op op, int input);

/// What an op keeps besides its inputs. One struct for all ops: small, and readable by any pass.
template <class T>
struct Attributes {
  T scalar{};
  AxisSet axes{};  ///< reduced axes
  std::array<std::int8_t, Shape::max_rank>
      order{};  ///< transpose: axis i of the output is axis order[i] of the input
};

}  // namespace wengert
