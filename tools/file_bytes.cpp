// SPDX-License-Identifier: MIT
#include <tools/file_bytes.h>
#include <tools/file_error.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace wengert {
namespace {

void write_to(const std::filesystem::path& path, std::string_view bytes) {
  errno = 0;
  std::ofstream stream(path, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream) throw FileError(path.string() + ": cannot be written (" + std::strerror(errno) + ")");
}

}  // namespace

std::string file_bytes(const std::filesystem::path& path) {
  std::error_code failure;
  const std::filesystem::file_status status = std::filesystem::status(path, failure);
  if (status.type() == std::filesystem::file_type::not_found)
    throw FileError(path.string() + ": no such file");
  if (failure) throw FileError(path.string() + ": cannot be read (" + failure.message() + ")");
  if (std::filesystem::is_directory(status))
    throw FileError(path.string() + ": is a folder, expected a file");
  if (!std::filesystem::is_regular_file(status))
    throw FileError(path.string() + ": is a device or a pipe, expected a regular file");

  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw FileError(path.string() + ": cannot be opened (" + std::strerror(errno) + ")");
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  if (failure) throw FileError(path.string() + ": cannot be read (" + failure.message() + ")");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

void expect_writable(const std::filesystem::path& path, std::string_view extension) {
  if (!extension.empty() && path.extension() != extension)
    throw ValueError(path.string() + ": expected a file that ends in " + std::string(extension));
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw FileError(path.string() + ": cannot be written (Is a directory)");
  const std::filesystem::path folder = path.parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored))
    throw FileError(path.string() + ": cannot be written (No such file or directory)");
}

void write_file_bytes(const std::filesystem::path& path, std::string_view bytes) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  const bool is_new = !fs::exists(status);
  // What is no file, such as /dev/stdout, cannot be replaced.
  if (!is_new && !fs::is_regular_file(status)) return write_to(path, bytes);
  const fs::path target = is_new ? path : fs::canonical(path);  // of a link, the file it leads to
  const fs::path beside = target.string() + ".part";
  try {
    write_to(beside, bytes);
    if (!is_new) fs::permissions(beside, status.permissions(), ignored);
    fs::rename(beside, target);
  } catch (const fs::filesystem_error& error) {
    fs::remove(beside, ignored);
    throw FileError(path.string() + ": cannot be written (" + error.code().message() + ")");
  } catch (const FileError& error) {
    fs::remove(beside, ignored);
    throw FileError(path.string() + std::string(error.what()).substr(beside.string().size()));
  }
}

std::size_t little_endian(std::string_view bytes, std::size_t offset, std::size_t count) {
  std::size_t number = 0;
  for (std::size_t i = count; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return number;
}

}  // namespace wengert
