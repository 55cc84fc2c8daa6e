// SPDX-License-Identifier: MIT
// The dependency arrow autodiff/kernels <- autodiff <- layers <- tools, bench, tests: nothing points back.
// Read off the #include lines, so that a shortcut fails here and not a year later.
#include <tests/support/catch.h>
#include <tests/support/source_folder.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string_view>;

// What the files whose path starts with `place` may include, of ours and of others. The first match counts.
// The standard library and headers without a folder are not looked at.
struct Rule {
  std::string_view place;
  Paths may_include;
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> table = {
      // The two that kernels may see include nothing of ours, else the engine would come in through them.
      {"autodiff/shape.h", {}},
      {"autodiff/function_ref.h", {}},
      {"autodiff/kernels/",
       {"autodiff/shape.h", "autodiff/function_ref.h", "autodiff/kernels/", "Eigen/", "hwy/"}},
      {"autodiff/compare/", {"autodiff/"}},
      {"autodiff/", {"autodiff/", "Eigen/"}},
      {"layers/kernels/",
       {"autodiff/shape.h", "autodiff/function_ref.h", "autodiff/kernels/", "layers/kernels/", "hwy/"}},
      {"layers/", {"autodiff/", "layers/", "Eigen/"}},
      {"tools/draw/render.", {"autodiff/", "layers/", "tools/", "graphviz/", "sanitizer/"}},
      {"tools/", {"autodiff/", "layers/", "tools/", "fmt/", "nlohmann/", "CLI/", "xtensor/"}},
      {"bench/peers/onednn.cpp", {"bench/", "oneapi/"}},
      {"bench/peers/torch.cpp", {"bench/", "torch/"}},
      {"bench/",
       {"autodiff/", "layers/", "bench/", "benchmark/", "Eigen/", "hwy/", "sys/", "fmt/", "nlohmann/",
        "CLI/"}},
      {"tests/consumer/", {"autodiff/", "layers/", "tools/"}},
      {"tests/support/", {"autodiff/", "layers/", "tools/", "tests/", "catch2/", "rapidcheck/", "nlohmann/"}},
      {"examples/", {"autodiff/", "layers/", "tools/", "examples/"}},
      {"tests/",
       {"autodiff/", "layers/", "tools/", "tests/", "examples/", "rapidcheck/", "hwy/", "Eigen/",
        "nlohmann/"}},
  };
  return table;
}

// Headers of the engine's own that are not installed: no user could include them.
constexpr std::array internal_headers = {"autodiff/sweep.h", "autodiff/stopwatch.h"};

constexpr int most_lines = 400;

bool starts_with_any(std::string_view path, const Paths& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](auto prefix) { return path.starts_with(prefix); });
}

bool is_internal(std::string_view header) {
  return std::find(internal_headers.begin(), internal_headers.end(), header) != internal_headers.end();
}

// The path in `#include <path>` or `#include "path"`, else empty.
std::string included_path(std::string_view line) {
  constexpr std::string_view directive = "#include ";
  if (!line.starts_with(directive) || line.size() < directive.size() + 2) return {};
  line.remove_prefix(directive.size());
  const char closing = line.front() == '<' ? '>' : '"';
  return std::string(line.substr(1, line.find(closing, 1) - 1));
}

std::vector<std::string> include_violations(const std::string& file, std::string_view line) {
  const std::string header = included_path(line);
  if (header.empty()) return {};
  if (line.find('"') != std::string_view::npos &&
      (header.find('/') == std::string::npos || header.starts_with("."))) {
    return {file + " includes " + header + " relative to itself, expected a path from the root"};
  }
  if (header.find('/') == std::string::npos || header.starts_with("sys/")) return {};
  const auto rule =
      std::find_if(rules().begin(), rules().end(), [&](const Rule& r) { return file.starts_with(r.place); });
  const bool allowed = rule != rules().end() && starts_with_any(header, rule->may_include) &&
                       (!is_internal(header) || file.starts_with("autodiff/"));
  const bool engine_uses_compare = header.starts_with("autodiff/compare/") && file.starts_with("autodiff/") &&
                                   !file.starts_with("autodiff/compare/");
  if (allowed && !engine_uses_compare) return {};
  return {file + " must not include " + header};
}

std::vector<std::string> name_violations(const std::string& file) {
  for (const std::string_view word :
       {"utils", "util", "common", "misc", "helpers", "helper", "detail", "impl"}) {
    const std::string name = "_" + fs::path(file).stem().string() + "_";
    if (name.find("_" + std::string(word) + "_") != std::string::npos) {
      return {file + " is named " + std::string(word) + ", which says nothing"};
    }
  }
  return {};
}

std::vector<std::string> violations_in(const fs::path& root, const std::string& file) {
  std::vector<std::string> found = name_violations(file);
  const auto add = [&](const std::vector<std::string>& more) {
    found.insert(found.end(), more.begin(), more.end());
  };
  std::ifstream stream(root / file);
  std::string line;
  int lines = 0;
  for (; std::getline(stream, line); ++lines) {
    if (lines == 0 && line != "// SPDX-License-Identifier: MIT")
      add({file + " does not start with its licence"});
    add(include_violations(file, line));
  }
  if (lines > most_lines) add({file + " has " + std::to_string(lines) + " lines, expected at most 400"});
  return found;
}

std::vector<std::string> violations(const fs::path& root) {
  std::vector<std::string> files;
  for (const char* folder : {"autodiff", "layers", "tools", "bench", "examples", "tests"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp")
        files.push_back(fs::relative(entry.path(), root).string());
    }
  }
  REQUIRE_FALSE(files.empty());
  std::sort(files.begin(), files.end());
  std::vector<std::string> found;
  for (const auto& file : files) {
    const auto more = violations_in(root, file);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

// A tree of one file, gone with the object.
class PlantedTree {
 public:
  PlantedTree(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << "// SPDX-License-Identifier: MIT\n" << text;
  }
  ~PlantedTree() { fs::remove_all(root_); }
  PlantedTree(const PlantedTree&) = delete;
  PlantedTree& operator=(const PlantedTree&) = delete;
  const fs::path& root() const { return root_; }

 private:
  fs::path root_ = fs::current_path() / "planted_tree";
};

}  // namespace

TEST_CASE("no dependency points the wrong way, no file is too long or badly named", "[layering]") {
  CHECK(violations(wengert::testing::source_folder()) == std::vector<std::string>{});
}

TEST_CASE("a wrong include is found", "[layering]") {
  struct Plant {
    const char* file;
    const char* header;
  };
  const Plant plant = GENERATE(values<Plant>({
      {"autodiff/kernels/reduce.cpp", "autodiff/tape.h"},
      {"autodiff/kernels/reduce.h", "autodiff/tensor.h"},
      {"autodiff/shape.h", "autodiff/tensor.h"},
      {"autodiff/ops/reduce.cpp", "layers/batch_norm.h"},
      {"autodiff/graph.cpp", "tools/draw/dot.h"},
      {"autodiff/graph.cpp", "graphviz/gvc.h"},
      {"autodiff/backward.cpp", "autodiff/compare/ledger.h"},
      {"autodiff/compare/ledger.cpp", "fmt/format.h"},
      {"layers/batch_norm.cpp", "tools/npy.h"},
      {"layers/batch_norm.cpp", "autodiff/sweep.h"},
      {"layers/kernels/batch_norm.cpp", "autodiff/tensor.h"},
      {"layers/kernels/batch_norm.cpp", "layers/batch_norm.h"},
      {"tools/draw/dot.cpp", "graphviz/cgraph.h"},
      {"tools/draw/dot.cpp", "tests/support/catch.h"},
  }));
  const PlantedTree tree(plant.file, "#include <" + std::string(plant.header) + ">\n");
  CHECK(violations(tree.root()) ==
        std::vector<std::string>{std::string(plant.file) + " must not include " + plant.header});
}

TEST_CASE("a right include is left alone", "[layering]") {
  const PlantedTree tree("tools/draw/render.cpp",
                         "#include <graphviz/gvc.h>\n#include <tools/draw/render.h>\n#include <vector>\n");
  CHECK(violations(tree.root()).empty());
}

TEST_CASE("an include relative to its own file is found", "[layering]") {
  const PlantedTree tree("autodiff/kernels/reduce.cpp", "#include \"../tape.h\"\n");
  CHECK(violations(tree.root()) ==
        std::vector<std::string>{"autodiff/kernels/reduce.cpp includes ../tape.h relative to itself, "
                                 "expected a path from the root"});
}

TEST_CASE("a file that is too long, or badly named, is found", "[layering]") {
  const PlantedTree tree("tools/draw/dot_utils.cpp", std::string(most_lines, '\n'));
  CHECK(violations(tree.root()) ==
        std::vector<std::string>{"tools/draw/dot_utils.cpp is named utils, which says nothing",
                                 "tools/draw/dot_utils.cpp has 401 lines, expected at most 400"});
}
