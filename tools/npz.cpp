// SPDX-License-Identifier: MIT
#include <tools/file_bytes.h>
#include <tools/npy.h>
#include <tools/npz.h>

namespace wengert {
namespace {

// Layout of a local header (PKWARE APPNOTE 4.3.7), offsets from its signature.
constexpr std::size_t header_size = 30;
constexpr std::string_view local_header = "PK\3\4";
constexpr std::string_view central_directory = "PK\1\2";
constexpr std::string_view end_of_directory = "PK\5\6";
constexpr std::size_t end_size = 22;  // without a comment
constexpr std::size_t zip64_size = 0xFFFFFFFF;

struct Member {
  std::string name;
  std::string_view bytes;
  std::size_t end = 0;
};

Member member_at(std::string_view zip, std::size_t begin, const std::string& file) {
  const std::string at = file + ": member at byte " + std::to_string(begin);
  const std::size_t left = zip.size() - begin;
  if (left < header_size) throw FileError(at + " has a cut header (truncated file?)");
  const std::string_view header = zip.substr(begin, header_size);
  const std::size_t flags = little_endian(header, 6, 2);
  const std::size_t method = little_endian(header, 8, 2);
  const std::size_t stored = little_endian(header, 18, 4);
  const std::size_t size = little_endian(header, 22, 4);
  const std::size_t name_length = little_endian(header, 26, 2);
  const std::size_t data = header_size + name_length + little_endian(header, 28, 2);
  if (left < data) throw FileError(at + " has a cut name (truncated file?)");

  const std::string name(zip.substr(begin + header_size, name_length));
  const std::string member = file + ": member " + name;
  if ((flags & 1) != 0) throw FileError(member + " is encrypted, expected plain bytes");
  if ((flags & 8) != 0) throw FileError(member + " has a data descriptor, expected its size in front");
  if (method != 0) throw FileError(member + " is compressed, expected a stored one");
  if (stored == zip64_size || size == zip64_size) throw FileError(member + " is zip64, expected a plain zip");
  if (stored != size) {
    throw FileError(member + " stores " + std::to_string(stored) + " bytes, expected its size, " +
                    std::to_string(size));
  }
  if (left - data < stored) {
    throw FileError(member + " has " + std::to_string(left - data) + " bytes left, expected " +
                    std::to_string(stored) + " (truncated file?)");
  }
  if (!name.ends_with(".npy")) throw FileError(member + " is not a .npy, expected nothing else");
  return {name.substr(0, name.size() - 4), zip.substr(begin + data, stored), begin + data + stored};
}

}  // namespace

Npz::Npz(const std::filesystem::path& path) : file_name_(path.string()) {
  const std::string file = file_bytes(path);
  const std::string_view zip = file;
  std::size_t at = 0;
  while (zip.substr(at).starts_with(local_header)) {
    const Member member = member_at(zip, at, file_name_);
    if (!members_.emplace(member.name, member.bytes).second)
      throw FileError(file_name_ + ": has two members " + member.name + ".npy, expected one");
    at = member.end;
  }
  // Without the directory behind the last member, the file may have been cut between two of them; and without
  // its end, which counts them, in it.
  if (!zip.substr(at).starts_with(central_directory) && !zip.substr(at).starts_with(end_of_directory)) {
    throw FileError(file_name_ + ": no zip signature at byte " + std::to_string(at) +
                    ", expected a member or the directory (" +
                    (at == 0 ? "not a .npz file?)" : "truncated file?)"));
  }
  const std::size_t end = zip.size() < end_size ? 0 : zip.size() - end_size;
  if (!zip.substr(end).starts_with(end_of_directory) || end < at ||
      little_endian(zip, end + 10, 2) != members_.size()) {
    throw FileError(file_name_ + ": no directory of its " + std::to_string(members_.size()) +
                    " members at the end (truncated file?)");
  }
}

std::vector<std::string> Npz::names() const {
  std::vector<std::string> names;
  for (const auto& member : members_) names.push_back(member.first);
  return names;
}

template <class T>
Tensor<T> Npz::read(std::string_view name) const {
  const auto member = members_.find(name);
  if (member == members_.end()) throw FileError(file_name_ + ": no member " + std::string(name) + ".npy");
  return parse_npy<T>(member->second, file_name_ + ": " + std::string(name) + ".npy");
}

template Tensor<float> Npz::read(std::string_view) const;
template Tensor<double> Npz::read(std::string_view) const;

}  // namespace wengert
