// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/compare/random_numbers.h>
#include <tools/draw/closed_form_card.h>
#include <tools/draw/node_errors.h>
#include <tools/draw/overlay_graph.h>
#include <tools/draw/subject_graph.h>
#include <tools/input_numbers.h>

namespace wengert {
namespace {

template <class T>
void add_errors(Graph& graph, const Tape<T>& tape, const Subject<T>& subject) {
  using W = Wider<T>;
  Tape<W> wide;
  wide.keep_values(true);
  std::vector<Var<W>> leaves;
  for (const NamedTensor<T>& input : subject.inputs) {
    Tensor<W> value = Tensor<W>::uninitialized(input.value.shape());
    for (Index i = 0; i < value.shape().size(); ++i) value.mutable_data()[i] = static_cast<W>(input.value[i]);
    leaves.push_back(wide.leaf(std::move(value)));
  }
  subject.staged.wide()(leaves);
  measure_errors(graph, tape, wide);
}

}  // namespace

template <class T>
Graph subject_graph(Subject<T> subject, const GraphRequest& request) {
  set_input_numbers(request.values, subject);
  const bool by_error = request.view == View::heat_error;
  if (by_error && request.fused)
    throw ValueError("--by error: the fused form is one node, expected --form staged");
  Tape<T> tape;
  tape.profile(request.times || request.view == View::heat_time);
  tape.keep_values(request.view == View::overlay || by_error);
  std::vector<Var<T>> leaves;
  for (const NamedTensor<T>& input : subject.inputs) leaves.push_back(tape.leaf(input.value, input.name));
  const Var<T> y = (request.fused ? subject.fused : subject.staged)(leaves);
  Tensor<T> dy = random_cotangent<T>(y.shape(), request.seed);
  set_cotangent_numbers(request.values, dy);
  if (request.view == View::overlay) return overlay_graph(tape, y, dy);

  if (request.backward && !request.fused) {
    const Gradients<T> gradients = backward(y, dy, {.record = true});
    for (std::size_t i = 0; i < leaves.size(); ++i)
      label(gradients.var(leaves[i]), "∂" + subject.inputs[i].name);
  } else if (request.times || request.view == View::heat_time) {
    backward(y, dy, {.keep_saved = true});
  }
  Graph graph = snapshot(tape);
  if (by_error) add_errors(graph, tape, subject);
  return request.backward && request.fused ? with_closed_form_vjp(std::move(graph)) : graph;
}

template Graph subject_graph<float>(Subject<float>, const GraphRequest&);
template Graph subject_graph<double>(Subject<double>, const GraphRequest&);

}  // namespace wengert
