// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <tools/input_numbers.h>

#include <algorithm>
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
void set_numbers(const std::vector<std::string>& settings, const std::string& name, Tensor<T>& tensor) {
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
  }
}

}  // namespace

template <class T>
void set_input_numbers(const std::vector<std::string>& settings, Subject<T>& subject) {
  for (const std::string& setting : settings) {
    const std::string name = setting.substr(0, setting.find('='));
    const bool known =
        name == "dy" || std::ranges::any_of(subject.inputs, [&](const auto& in) { return in.name == name; });
    if (setting.find('=') == std::string::npos) parse_numbers(setting, setting.size());
    if (!known) throw ValueError(fmt::format("--set: \"{}\" is no input of {}", name, subject.name));
  }
  for (NamedTensor<T>& input : subject.inputs) set_numbers(settings, input.name, input.value);
}

template <class T>
void set_cotangent_numbers(const std::vector<std::string>& settings, Tensor<T>& dy) {
  set_numbers(settings, "dy", dy);
}

template void set_input_numbers<float>(const std::vector<std::string>&, Subject<float>&);
template void set_input_numbers<double>(const std::vector<std::string>&, Subject<double>&);
template void set_cotangent_numbers<float>(const std::vector<std::string>&, Tensor<float>&);
template void set_cotangent_numbers<double>(const std::vector<std::string>&, Tensor<double>&);

}  // namespace wengert
