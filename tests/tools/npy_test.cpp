// SPDX-License-Identifier: MIT
#include <sys/stat.h>
#include <tests/support/catch.h>
#include <tests/support/stored_zip.h>
#include <tests/support/temporary_folder.h>
#include <tools/file_bytes.h>
#include <tools/npy.h>

#include <algorithm>

using namespace wengert;

namespace {

// A file of any version and header text, with whatever follows.
std::string npy_bytes(const std::string& header, std::string_view data, char major = '\1') {
  std::string bytes = "\x93NUMPY";
  bytes += {major, '\0'};
  bytes += little_endian_bytes(header.size(), major == '\1' ? 2 : 4);
  return bytes + header + std::string(data);
}

std::string header(const std::string& dtype, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + dtype + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

template <class T>
std::string as_bytes(std::initializer_list<T> numbers) {
  return std::string(reinterpret_cast<const char*>(numbers.begin()), numbers.size() * sizeof(T));
}

// The error of reading `bytes` from a file, without the name of the folder.
std::string error_of(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file_bytes(folder / "x.npy", bytes);
  try {
    read_npy<float>(folder / "x.npy");
  } catch (const FileError& error) {
    return folder.without(error.what());
  }
  return "no error";
}

}  // namespace

TEST_CASE("npy: float32 and float64 files are read as either type", "[tools][npy]") {
  const TemporaryFolder folder;
  write_file_bytes(folder / "f4.npy",
                   npy_bytes(header("<f4", "(2, 3)"), as_bytes<float>({1, 2, 3, 4, 5, 0.1F})));
  write_file_bytes(folder / "f8.npy", npy_bytes(header("<f8", "(3,)"), as_bytes<double>({1, -2, 0.1})));

  CHECK(npy_dtype(folder / "f4.npy") == "<f4");
  CHECK(npy_dtype(folder / "f8.npy") == "<f8");
  const Tensor<double> wide = read_npy<double>(folder / "f4.npy");
  CHECK(wide.shape() == Shape{2, 3});
  CHECK(wide[4] == 5);
  CHECK(wide[5] == static_cast<double>(0.1F));
  const Tensor<float> narrow = read_npy<float>(folder / "f8.npy");
  CHECK(narrow.shape() == Shape{3});
  CHECK(narrow[1] == -2);
  CHECK(narrow[2] == 0.1F);
  CHECK(read_npy<double>(folder / "f8.npy")[2] == 0.1);
}

TEST_CASE("npy: a scalar, an empty tensor, eight axes and version 2.0 are read", "[tools][npy]") {
  CHECK(parse_npy<float>(npy_bytes(header("<f4", "()"), as_bytes<float>({7})), "x").item() == 7);
  CHECK(parse_npy<float>(npy_bytes(header("<f4", "(0, 3)"), ""), "x").shape() == Shape{0, 3});
  CHECK(parse_npy<float>(npy_bytes(header("<f4", "(1, 1, 2, 1, 1, 1, 1, 1)"), as_bytes<float>({7, 8})), "x")
            .shape() == Shape{1, 1, 2, 1, 1, 1, 1, 1});
  CHECK(parse_npy<float>(npy_bytes(header("<f4", "(2,)"), as_bytes<float>({7, 8}), '\2'), "x")[1] == 8);
}

TEST_CASE("npy: the keys may come in any order, and the header may have any length", "[tools][npy]") {
  const std::string keys = "{'shape': (2,), 'descr': '<f4', 'fortran_order': False}";
  for (const std::size_t length : {60U, 127U, 128U, 200U, 255U, 256U, 400U}) {
    INFO("header of " << length << " bytes");
    const std::string padded = keys + std::string(length - keys.size() - 1, ' ') + "\n";
    CHECK(parse_npy<float>(npy_bytes(padded, as_bytes<float>({7, 8})), "x")[1] == 8);
  }
}

TEMPLATE_TEST_CASE("npy: what is written is read back bit for bit", "[tools][npy]", float, double) {
  using T = TestType;
  const TemporaryFolder folder;
  const Shape shape = GENERATE(Shape{}, Shape{5}, Shape{3, 1, 2}, Shape{0, 4}, Shape{2, 1, 1, 3, 1, 1, 1, 1});
  Tensor<T> tensor = Tensor<T>::zeros(shape);
  for (Index i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = T(1) / static_cast<T>(i + 3);
  write_npy(folder / "x.npy", tensor);
  const Tensor<T> back = read_npy<T>(folder / "x.npy");
  CHECK(back.shape() == shape);
  CHECK(std::ranges::equal(back.values(), tensor.values()));
  CHECK(npy_dtype(folder / "x.npy") == (sizeof(T) == 4 ? "<f4" : "<f8"));
}

TEST_CASE("npy: int64 labels are read, and nothing else as labels", "[tools][npy]") {
  const TemporaryFolder folder;
  write_file_bytes(folder / "labels.npy",
                   npy_bytes(header("<i8", "(3,)"), as_bytes<std::int64_t>({4, 0, -9})));
  CHECK(read_npy_labels(folder / "labels.npy") == std::vector<std::int64_t>{4, 0, -9});

  const auto error = [&](const std::string& bytes) {
    write_file_bytes(folder / "x.npy", bytes);
    try {
      read_npy_labels(folder / "x.npy");
    } catch (const FileError& problem) {
      return folder.without(problem.what());
    }
    return std::string("no error");
  };
  CHECK(error(npy_bytes(header("<f4", "(1,)"), as_bytes<float>({4}))) ==
        "x.npy: dtype is <f4, expected <i8 (int64 labels)");
  CHECK(error(npy_bytes(header("<i8", "(1, 1)"), as_bytes<std::int64_t>({4}))) ==
        "x.npy: labels have shape [1, 1], expected one axis");
  CHECK(error(npy_bytes(header("<i8", "(2,)"), as_bytes<std::int64_t>({4}))) ==
        "x.npy: 8 bytes of data, expected 16 for shape [2] of int64 (truncated file?)");
}

TEST_CASE("npy: a file that is not a .npy is refused", "[tools][npy]") {
  CHECK(error_of("") == "x.npy: is empty, expected a .npy file");
  CHECK(error_of("PK\3\4 zip") ==
        "x.npy: starts with \"PK?? z\", expected the .npy magic \\x93NUMPY (not a NumPy array file?)");
  CHECK(error_of("\x93NUM") ==
        "x.npy: starts with \"?NUM\", expected the .npy magic \\x93NUMPY (not a NumPy array file?)");
  CHECK(error_of(npy_bytes(header("<f4", "(1,)"), "1234", '\3')) ==
        "x.npy: .npy version 3.0, expected 1.0 or 2.0");
}

TEST_CASE("npy: a truncated header is refused, wherever it was cut", "[tools][npy]") {
  const std::string whole = npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", "");
  CHECK(error_of(whole.substr(0, 8)) == "x.npy: 8 bytes, expected a .npy header (truncated file?)");
  CHECK(error_of(whole.substr(0, 20)) ==
        "x.npy: 10 bytes after the header length, expected a header of 56 (truncated file?)");
  CHECK(error_of(npy_bytes("", "", '\2').substr(0, 11)) ==
        "x.npy: 0 bytes after the header length, expected a header of 0 (truncated file?)");
  CHECK(error_of(npy_bytes("", "", '\2').substr(0, 8) + "\xff\xff\xff\xff") ==
        "x.npy: 0 bytes after the header length, expected a header of 4294967295 (truncated file?)");
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK(error_of(whole.substr(0, length)) != "no error");
}

TEST_CASE("npy: data that do not fill the shape are refused", "[tools][npy]") {
  CHECK(error_of(npy_bytes(header("<f4", "(1797, 64)"), std::string(4096, '\0'))) ==
        "x.npy: 4096 bytes of data, expected 460032 for shape [1797, 64] of float32 (truncated file?)");
  CHECK(error_of(npy_bytes(header("<f8", "(2,)"), std::string(17, '\0'))) ==
        "x.npy: 17 bytes of data, expected 16 for shape [2] of float64 (trailing bytes?)");
  CHECK(error_of(npy_bytes(header("<f4", "(3,)"), "")) ==
        "x.npy: 0 bytes of data, expected 12 for shape [3] of float32 (truncated file?)");
}

TEST_CASE("npy: a shape that no tensor can have is refused", "[tools][npy]") {
  const auto error = [](const std::string& shape) { return error_of(npy_bytes(header("<f4", shape), "")); };
  CHECK(error("(-3, 4)") == "x.npy: shape [-3, 4] has a negative extent");
  CHECK(error("(4294967296, 4294967296)") ==
        "x.npy: shape [4294967296, 4294967296] has more than 2^56 elements");
  CHECK(error("(9223372036854775807, 3)") ==
        "x.npy: shape [9223372036854775807, 3] has more than 2^56 elements");
  CHECK(error("(18446744073709551617,)") ==
        "x.npy: header has \"18446744073709551617,), …\", expected an extent below 2^63 in shape");
  CHECK(error("(1, 1, 1, 1, 1, 1, 1, 1, 1)") ==
        "x.npy: shape [1, 1, 1, 1, 1, 1, 1, 1, 1] has more than 8 axes");
  CHECK(error("(2.0,)") == "x.npy: header has \".0,), }\", expected ',' or ')' in shape");
  CHECK(error("7") == "x.npy: header has \"7, }\", expected a tuple for shape");
}

TEST_CASE("npy: another dtype is refused by name", "[tools][npy]") {
  const std::string dtype = GENERATE("<i4", ">f4", "|O", "<f2", "<c8", "|b1", "<i8");
  CHECK(error_of(npy_bytes(header(dtype, "(1,)"), "1234")) ==
        "x.npy: dtype is " + dtype + ", expected <f4 (float32) or <f8 (float64)");
}

TEST_CASE("npy: a structured dtype is refused", "[tools][npy]") {
  CHECK(error_of(npy_bytes("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n", "1234")) ==
        "x.npy: header has \"[('a', '<f4')], 'fortran…\", expected a quoted dtype such as '<f4' for descr");
}

TEST_CASE("npy: fortran order is refused", "[tools][npy]") {
  CHECK(error_of(npy_bytes(header("<f4", "(2, 1)", "True"), "12345678")) ==
        "x.npy: fortran_order is True, expected False (numpy.ascontiguousarray before saving makes it so)");
}

TEST_CASE("npy: a header that is not the expected dictionary is refused", "[tools][npy]") {
  const auto error = [](const std::string& text) { return error_of(npy_bytes(text, "1234")); };
  CHECK(error("[]\n") == "x.npy: header has \"[]\", expected a dictionary");
  CHECK(error("{'descr': '<f4', 'shape': (1,)}\n") ==
        "x.npy: header has no fortran_order, expected descr, fortran_order, shape");
  CHECK(error("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}\n") ==
        "x.npy: header has \"0, 'shape': (1,)}\", expected True or False for fortran_order");
  CHECK(error("{'descr': '<f4', 'order': 'C'}") ==
        "x.npy: header has \"'order': 'C'}\", expected 'descr':, 'fortran_order': or 'shape':");
  CHECK(error("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} junk\n") ==
        "x.npy: header has \"junk\", expected its end");
  CHECK(error("{'descr': '<f4") ==
        "x.npy: header has \"'<f4\", expected a quoted dtype such as '<f4' for descr");
  CHECK(error("{'descr': '<f4', 'fortran_order': False, 'shape': (1") ==
        "x.npy: header has its end, expected ',' or ')' in shape");
}

TEST_CASE("npy: no byte of a header can be changed into a crash", "[tools][npy]") {
  const std::string whole = npy_bytes(header("<f4", "(3, 2)"), std::string(24, '\0'));
  for (std::size_t at = 0; at < whole.size() - 24; ++at) {
    for (const char byte : {'\0', '\x7f', '\x80', '\xff', '\'', ')', '{', '9', '-'}) {
      std::string changed = whole;
      changed[at] = byte;
      try {
        const Tensor<float> tensor = parse_npy<float>(changed, "x");
        CHECK(tensor.size() * 4 == 24);
      } catch (const FileError& error) {
        CHECK(std::string_view(error.what()).starts_with("x: "));
      }
    }
  }
}

TEST_CASE("npy: a missing file, a folder and a pipe are refused", "[tools][npy]") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& name) {
    try {
      read_npy<double>(folder / name);
    } catch (const FileError& problem) {
      return folder.without(problem.what());
    }
    return std::string("no error");
  };
  std::filesystem::create_directory(folder / "folder");
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(error("gone.npy") == "gone.npy: no such file");
  CHECK(error("folder") == "folder: is a folder, expected a file");
  CHECK(error("pipe") == "pipe: is a device or a pipe, expected a regular file");
  CHECK(error("gone/x.npy") == "gone/x.npy: no such file");
}

TEST_CASE("npy: a file that cannot be written is an error", "[tools][npy]") {
  const TemporaryFolder folder;
  try {
    write_npy(folder / "gone" / "x.npy", Tensor<float>::scalar(1));
    FAIL("expected an error");
  } catch (const FileError& error) {
    CHECK(folder.without(error.what()) == "gone/x.npy: cannot be written (No such file or directory)");
  }
}
