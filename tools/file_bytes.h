// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace wengert {

/// All bytes of a regular file. Throws FileError for one that is missing, a folder, a device or a pipe (which
/// could block or never end), or unreadable.
std::string file_bytes(const std::filesystem::path& path);

/// What can be said of an output before the work for it is done. Throws FileError for a folder, or a file in
/// none; ValueError for another extension, where one is given (".svg").
void expect_writable(const std::filesystem::path& path, std::string_view extension = {});

/// Creates or replaces a file, as a whole: it is written beside and then renamed. Throws FileError when that
/// fails; an old file is then as it was.
void write_file_bytes(const std::filesystem::path& path, std::string_view bytes);

/// The unsigned little-endian number of `count` bytes at `offset`, which the caller knows to be there.
std::size_t little_endian(std::string_view bytes, std::size_t offset, std::size_t count);

}  // namespace wengert
