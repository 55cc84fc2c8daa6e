// SPDX-License-Identifier: MIT
#include <tools/npy.h>
#include <tools/state_files.h>

namespace wengert {
namespace {

namespace fs = std::filesystem;

constexpr const char* ending = ".npy";

void expect_file_name(const std::string& name) {
  if (!name.empty() && name != "." && name != ".." && fs::path(name).filename() == name) return;
  throw FileError("write_state: \"" + name + "\" is no file name, expected one without folders");
}

}  // namespace

template <class T>
void write_state(const fs::path& folder, const std::map<std::string, Tensor<T>>& state) {
  for (const auto& [name, tensor] : state) expect_file_name(name);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw FileError(folder.string() + ": cannot be created (" + error.message() + ")");
  for (const auto& [name, tensor] : state) write_npy(folder / (name + ending), tensor);
}

template <class T>
std::map<std::string, Tensor<T>> read_state(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator files(folder, error);
  if (error) throw FileError(folder.string() + ": cannot be read as a folder (" + error.message() + ")");
  std::map<std::string, Tensor<T>> state;
  for (const auto& entry : files) {
    if (entry.path().extension() == ending) state[entry.path().stem().string()] = read_npy<T>(entry.path());
  }
  if (state.empty())
    throw FileError(folder.string() + ": holds no .npy file, expected one for each tensor of a state");
  return state;
}

template void write_state(const fs::path&, const std::map<std::string, Tensor<float>>&);
template void write_state(const fs::path&, const std::map<std::string, Tensor<double>>&);
template std::map<std::string, Tensor<float>> read_state(const fs::path&);
template std::map<std::string, Tensor<double>> read_state(const fs::path&);

}  // namespace wengert
