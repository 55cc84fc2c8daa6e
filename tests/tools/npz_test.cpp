// SPDX-License-Identifier: MIT
#include <tests/support/catch.h>
#include <tests/support/stored_zip.h>
#include <tests/support/temporary_folder.h>
#include <tools/file_bytes.h>
#include <tools/npy_header.h>
#include <tools/npz.h>

#include <vector>

using namespace wengert;

namespace {

std::string npy(const std::vector<float>& numbers) {
  std::string bytes = npy_header_bytes("<f4", Shape{static_cast<Index>(numbers.size())});
  return bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
}

std::string error_of(const std::string& zip) {
  const TemporaryFolder folder;
  write_file_bytes(folder / "a.npz", zip);
  try {
    const Npz npz(folder / "a.npz");
    for (const std::string& name : npz.names()) npz.read<double>(name);
  } catch (const FileError& error) {
    return folder.without(error.what());
  }
  return "no error";
}

}  // namespace

TEST_CASE("npz: every member is found by its name", "[tools][npz]") {
  const TemporaryFolder folder;
  const std::string zip = ZipMember{.name = "x.npy", .data = npy({1, 2, 3})}.bytes() +
                          ZipMember{.name = "gamma.npy", .data = npy({4}), .extra = "more"}.bytes() +
                          zip_directory(2);
  write_file_bytes(folder / "a.npz", zip);
  const Npz npz(folder / "a.npz");
  CHECK(npz.names() == std::vector<std::string>{"gamma", "x"});
  CHECK(npz.contains("x"));
  CHECK_FALSE(npz.contains("x.npy"));
  CHECK(npz.read<float>("x").shape() == Shape{3});
  CHECK(npz.read<double>("x")[2] == 3);
  CHECK(npz.read<float>("gamma").item() == 4);
  try {
    npz.read<float>("beta");
    FAIL("expected an error");
  } catch (const FileError& error) {
    CHECK(folder.without(error.what()) == "a.npz: no member beta.npy");
  }
}

TEST_CASE("npz: an archive without members is empty", "[tools][npz]") {
  CHECK(error_of(std::string("PK\5\6") + std::string(18, '\0')) == "no error");
}

TEST_CASE("npz: a file that is not a zip is refused", "[tools][npz]") {
  const std::string text =
      "a.npz: no zip signature at byte 0, expected a member or the directory (not a .npz file?)";
  CHECK(error_of("") == text);
  CHECK(error_of("not a zip") == text);
  CHECK(error_of(npy({1})) == text);
}

TEST_CASE("npz: a truncated file is refused, wherever it was cut", "[tools][npz]") {
  const std::string member = ZipMember{.name = "x.npy", .data = npy({1, 2, 3})}.bytes();
  CHECK(error_of(member + zip_directory(1)) == "no error");
  CHECK(error_of(member.substr(0, 20)) == "a.npz: member at byte 0 has a cut header (truncated file?)");
  CHECK(error_of(member.substr(0, 32)) == "a.npz: member at byte 0 has a cut name (truncated file?)");
  CHECK(error_of(member.substr(0, 100)) ==
        "a.npz: member x.npy has 65 bytes left, expected 332 (truncated file?)");
  CHECK(error_of(member) ==
        "a.npz: no zip signature at byte 367, expected a member or the directory (truncated file?)");
  const std::string whole = member + zip_directory(1);
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK(error_of(whole.substr(0, length)) != "no error");
  CHECK(error_of(member + zip_directory(2)) ==
        "a.npz: no directory of its 1 members at the end (truncated file?)");
}

TEST_CASE("npz: whatever is not stored plainly is refused", "[tools][npz]") {
  const std::string data = npy({1});
  const auto error = [](const ZipMember& local) { return error_of(local.bytes() + zip_directory(1)); };
  CHECK(error({.name = "x.npy", .data = data, .method = 8}) ==
        "a.npz: member x.npy is compressed, expected a stored one");
  CHECK(error({.name = "x.npy", .data = data, .flags = 1}) ==
        "a.npz: member x.npy is encrypted, expected plain bytes");
  CHECK(error({.name = "x.npy", .data = data, .flags = 8}) ==
        "a.npz: member x.npy has a data descriptor, expected its size in front");
  CHECK(error({.name = "x.npy", .data = data, .stored = 0xffffffff}) ==
        "a.npz: member x.npy is zip64, expected a plain zip");
  CHECK(error({.name = "x.npy", .data = data, .size = 7}) ==
        "a.npz: member x.npy stores 324 bytes, expected its size, 7");
  CHECK(error({.name = "x.npy", .data = data, .stored = 0x7fffffff, .size = 0x7fffffff}) ==
        "a.npz: member x.npy has 392 bytes left, expected 2147483647 (truncated file?)");
  CHECK(error({.name = "readme.txt", .data = "hello"}) ==
        "a.npz: member readme.txt is not a .npy, expected nothing else");
}

TEST_CASE("npz: two members of one name are refused", "[tools][npz]") {
  const std::string member = ZipMember{.name = "x.npy", .data = npy({1})}.bytes();
  CHECK(error_of(member + member + zip_directory(2)) == "a.npz: has two members x.npy, expected one");
}

TEST_CASE("npz: a malformed member is refused by the names of file and member", "[tools][npz]") {
  const std::string cut = npy({1, 2}).substr(0, 322);
  CHECK(error_of(ZipMember{.name = "x.npy", .data = cut}.bytes() + zip_directory(1)) ==
        "a.npz: x.npy: 2 bytes of data, expected 8 for shape [2] of float32 (truncated file?)");
}
