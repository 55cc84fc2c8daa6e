// SPDX-License-Identifier: MIT
#include <autodiff/backward.h>
#include <autodiff/compare/agreement.h>
#include <fmt/format.h>
#include <tools/cli/layer_graph.h>
#include <tools/draw/closed_form_card.h>
#include <tools/draw/node_errors.h>
#include <tools/draw/overlay_graph.h>

#include <charconv>

namespace wengert {
namespace {

std::vector<double> parse_numbers(const std::string& setting, std::size_t from) {
  std::vector<double> numbers;
  const char* at = setting.data() + from;
  const char* const end = setting.data() + setting.size();
  while (true) {
    double number = 0;
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    if (after == end) return numbers;
    if (*after != ',') break;
    at = after + 1;
  }
  throw ValueError(
      fmt::format("--set: \"{}\" came, expected a name and numbers, such as x=1,3,1,3", setting));
}

// Overwrites `tensor` where a setting names it.
template <class T>
bool set_values(const std::vector<std::string>& settings, const std::string& name, Tensor<T>& tensor) {
  bool named = false;
  for (const std::string& setting : settings) {
    if (!setting.starts_with(name + "=")) continue;
    const std::vector<double> numbers = parse_numbers(setting, name.size() + 1);
    const auto size = static_cast<std::size_t>(tensor.shape().size());
    if (numbers.size() != 1 && numbers.size() != size) {
      throw ValueError(
          fmt::format("--set: {} numbers came for {}, expected {}, or one", numbers.size(), name, size));
    }
    tensor = Tensor<T>::uninitialized(tensor.shape());
    for (std::size_t i = 0; i < size; ++i)
      tensor.mutable_data()[i] = static_cast<T>(numbers[numbers.size() == 1 ? 0 : i]);
    named = true;
  }
  return named;
}

template <class T>
void set_inputs(const std::vector<std::string>& settings, Subject<T>& subject) {
  for (const std::string& setting : settings) {
    const std::string name = setting.substr(0, setting.find('='));
    bool known = name == "dy";
    for (NamedTensor<T>& input : subject.inputs) {
      known = set_values({setting}, input.name, input.value) || known;
    }
    if (!known) throw ValueError(fmt::format("--set: \"{}\" is no input of {}", name, subject.name));
  }
}

template <class T>
std::vector<Var<T>> make_leaves(Tape<T>& tape, const std::vector<NamedTensor<T>>& inputs) {
  std::vector<Var<T>> leaves;
  for (const NamedTensor<T>& input : inputs) leaves.push_back(tape.leaf(input.value, input.name));
  return leaves;
}

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

template <class T>
Graph record(const GraphRequest& request) {
  Subject<T> subject = make_subject<T>(request.choice);
  set_inputs(request.values, subject);
  const bool by_error = request.view == View::heat_error;
  if (by_error && request.fused)
    throw ValueError("--by error: the fused form is one node, expected --form staged");
  Tape<T> tape;
  tape.profile(request.times || request.view == View::heat_time);
  tape.keep_values(request.view == View::overlay || by_error);
  const std::vector<Var<T>> leaves = make_leaves(tape, subject.inputs);
  const Var<T> y = (request.fused ? subject.fused : subject.staged)(leaves);
  Tensor<T> dy = random_cotangent<T>(y.shape(), request.choice.seed);
  set_values(request.values, "dy", dy);
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

}  // namespace

Graph layer_graph(const GraphRequest& request) {
  return request.choice.dtype == "float64" ? record<double>(request) : record<float>(request);
}

Comparison layer_comparison(const LayerChoice& choice, double seconds) {
  CompareOptions options;
  options.seed = choice.seed;
  options.timing.seconds = seconds;
  if (choice.dtype == "float64") return compare(make_subject<double>(choice), options);
  return compare(make_subject<float>(choice), options);
}

}  // namespace wengert
