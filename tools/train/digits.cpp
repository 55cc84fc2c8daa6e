// SPDX-License-Identifier: MIT
#include <tools/npy.h>
#include <tools/train/digits.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace wengert::train {
namespace {

constexpr double brightest = 16;

template <class T>
Samples<T> read_samples(const std::filesystem::path& folder) {
  const std::filesystem::path images_file = folder / "digits_images.npy",
                              labels_file = folder / "digits_labels.npy";
  const Tensor<T> images = read_npy<T>(images_file);
  Samples<T> all{.images = Tensor<T>(), .classes = read_npy_labels(labels_file)};
  if (images.shape().rank() != 2 || images.shape()[0] != all.size())
    throw FileError(images_file.string() + ": has shape " + to_string(images.shape()) + ", expected [" +
                    std::to_string(all.size()) + ", pixels] for the labels of " + labels_file.string());
  if (all.size() < 10)
    throw FileError(labels_file.string() + ": has " + std::to_string(all.size()) +
                    " labels, expected 10 or more");
  for (const std::int64_t label : all.classes) {
    if (label < 0 || label >= digit_classes)
      throw FileError(labels_file.string() + ": holds the label " + std::to_string(label) +
                      ", expected a digit from 0 to 9");
  }
  all.images = Tensor<T>::uninitialized(images.shape());
  T* to = all.images.mutable_data();
  for (Index i = 0; i < images.size(); ++i) to[i] = images[i] / static_cast<T>(brightest);
  return all;
}

}  // namespace

template <class T>
Samples<T> Samples<T>::at(const std::vector<Index>& places) const {
  const Index pixels = images.shape()[1];
  Samples<T> out{.images = Tensor<T>::uninitialized({static_cast<Index>(places.size()), pixels}),
                 .classes = {}};
  T* to = out.images.mutable_data();
  for (const Index place : places) {
    to = std::copy_n(images.data() + place * pixels, pixels, to);
    out.classes.push_back(classes[static_cast<std::size_t>(place)]);
  }
  return out;
}

std::vector<Index> shuffled(Index count, std::uint64_t seed) {
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  std::mt19937_64 engine(seed);
  // std::shuffle may differ between libraries.
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[engine() % i]);
  return order;
}

template <class T>
Digits<T> load_digits(const std::filesystem::path& folder, std::uint64_t seed) {
  const Samples<T> all = read_samples<T>(folder);
  const std::vector<Index> order = shuffled(all.size(), seed);
  const auto split = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 5);
  return {.training = all.at({split, order.end()}), .held_out = all.at({order.begin(), split})};
}

std::filesystem::path data_folder(const std::string& named) {
  if (!named.empty()) return named;
  std::error_code ignored;
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const std::filesystem::path& folder :
       {std::filesystem::path("tools/data"), program / "../../../tools/data",
        program / "../share/wengert/data"}) {
    if (std::filesystem::is_regular_file(folder / "digits_images.npy", ignored))
      return folder.lexically_normal();
  }
  throw FileError(
      "digits_images.npy: is neither in tools/data nor beside the program, expected --data FOLDER");
}

template struct Samples<float>;
template struct Samples<double>;
template Digits<float> load_digits(const std::filesystem::path&, std::uint64_t);
template Digits<double> load_digits(const std::filesystem::path&, std::uint64_t);

}  // namespace wengert::train
