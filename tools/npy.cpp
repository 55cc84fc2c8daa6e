// SPDX-License-Identifier: MIT
#include <tools/file_bytes.h>
#include <tools/npy.h>
#include <tools/npy_header.h>

#include <bit>
#include <concepts>
#include <sstream>
#include <xtensor/xnpy.hpp>

namespace wengert {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the numbers of the supported dtypes are little-endian");

template <class T>
constexpr std::string_view dtype_of = std::same_as<T, float>    ? "<f4"
                                      : std::same_as<T, double> ? "<f8"
                                                                : "<i8";
template <class T>
constexpr const char* words_for = std::same_as<T, float>    ? "float32"
                                  : std::same_as<T, double> ? "float64"
                                                            : "int64";

// xtensor's reader fills in what it likes when the file is too short, so the size is checked first. It also
// misreads a header whose length has a byte above 127, or whose keys come in another order: it gets one of
// ours.
template <class T>
xt::xarray<T> read_numbers(std::string file, const NpyHeader& header, std::string_view name) {
  const std::size_t got = file.size() - header.data_offset;
  const std::size_t expected = static_cast<std::size_t>(header.shape.size()) * sizeof(T);
  if (got != expected) {
    throw FileError(std::string(name) + ": " + std::to_string(got) + " bytes of data, expected " +
                    std::to_string(expected) + " for shape " + to_string(header.shape) + " of " +
                    words_for<T> + (got < expected ? " (truncated file?)" : " (trailing bytes?)"));
  }
  file.replace(0, header.data_offset, npy_header_bytes(header.dtype, header.shape));
  std::istringstream stream(std::move(file));
  return xt::load_npy<T>(stream);
}

[[noreturn]] void throw_dtype(std::string_view name, const std::string& dtype, const std::string& expected) {
  throw FileError(std::string(name) + ": dtype is " + dtype + ", expected " + expected);
}

template <class T, class U>
Tensor<T> tensor_of(const xt::xarray<U>& numbers, const Shape& shape) {
  return Tensor<U>(shape, std::span(numbers.data(), numbers.size())).template cast<T>();
}

}  // namespace

std::string npy_dtype(const std::filesystem::path& path) {
  return parse_npy_header(file_bytes(path), path.string()).dtype;
}

template <class T>
Tensor<T> parse_npy(std::string file, std::string_view name) {
  const NpyHeader header = parse_npy_header(file, name);
  if (header.dtype == dtype_of<float>)
    return tensor_of<T>(read_numbers<float>(std::move(file), header, name), header.shape);
  if (header.dtype == dtype_of<double>)
    return tensor_of<T>(read_numbers<double>(std::move(file), header, name), header.shape);
  throw_dtype(name, header.dtype, "<f4 (float32) or <f8 (float64)");
}

template <class T>
Tensor<T> read_npy(const std::filesystem::path& path) {
  return parse_npy<T>(file_bytes(path), path.string());
}

std::vector<std::int64_t> read_npy_labels(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::string file = file_bytes(path);
  const NpyHeader header = parse_npy_header(file, name);
  if (header.dtype != dtype_of<std::int64_t>) throw_dtype(name, header.dtype, "<i8 (int64 labels)");
  if (header.shape.rank() != 1)
    throw FileError(name + ": labels have shape " + to_string(header.shape) + ", expected one axis");
  const xt::xarray<std::int64_t> numbers = read_numbers<std::int64_t>(std::move(file), header, name);
  return {numbers.data(), numbers.data() + numbers.size()};
}

template <class T>
void write_npy(const std::filesystem::path& path, const Tensor<T>& tensor) {
  std::string bytes = npy_header_bytes(dtype_of<T>, tensor.shape());
  bytes.append(reinterpret_cast<const char*>(tensor.data()), tensor.bytes());
  write_file_bytes(path, bytes);
}

template Tensor<float> parse_npy<float>(std::string, std::string_view);
template Tensor<double> parse_npy<double>(std::string, std::string_view);
template Tensor<float> read_npy<float>(const std::filesystem::path&);
template Tensor<double> read_npy<double>(const std::filesystem::path&);
template void write_npy(const std::filesystem::path&, const Tensor<float>&);
template void write_npy(const std::filesystem::path&, const Tensor<double>&);

}  // namespace wengert
