# What is installed is used; what is not is fetched. The versions below are those of Debian 12, the oldest that we
# build with. The fetching half needs a network that our own machines do not have, so it has never been run: if you
# are the first, please report what you met.
include(FetchContent)

# wengert_dependency(<name> <repository> <tag> [arguments of find_package]...)
macro(wengert_dependency name repository tag)
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} GIT_SHALLOW ON SYSTEM
    FIND_PACKAGE_ARGS ${ARGN})
  FetchContent_MakeAvailable(${name})
endmacro()

find_package(Threads REQUIRED)

wengert_dependency(Eigen3 https://gitlab.com/libeigen/eigen.git 3.4.0 3.4)
wengert_dependency(hwy https://github.com/google/highway.git 1.0.3)
if(NOT TARGET hwy::hwy)  # built from source, Highway names its target without a namespace
  add_library(hwy::hwy ALIAS hwy)
endif()

if(WENGERT_BUILD_TOOLS OR WENGERT_BUILD_BENCH)
  set(FMT_INSTALL ON)  # our package refers to it
  wengert_dependency(fmt https://github.com/fmtlib/fmt.git 9.1.0 9)
  wengert_dependency(nlohmann_json https://github.com/nlohmann/json.git v3.11.2 3.10)
  wengert_dependency(CLI11 https://github.com/CLIUtils/CLI11.git v2.1.2)
endif()

if(WENGERT_BUILD_TOOLS)
  wengert_dependency(xtl https://github.com/xtensor-stack/xtl.git 0.7.5)
  wengert_dependency(xtensor https://github.com/xtensor-stack/xtensor.git 0.24.3)

  # Graphviz is not built from source: without it `wengert graph` still writes DOT, and says what is missing.
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(wengert_graphviz QUIET IMPORTED_TARGET libgvc libcgraph)
  endif()
  if(NOT TARGET PkgConfig::wengert_graphviz)
    message(STATUS "Graphviz (libgvc) not found: diagrams are written as DOT only")
  endif()
endif()

if(WENGERT_BUILD_BENCH)
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_INSTALL OFF)
  wengert_dependency(benchmark https://github.com/google/benchmark.git v1.7.1)
endif()

if(WENGERT_BUILD_TESTS)
  wengert_dependency(Catch2 https://github.com/catchorg/Catch2.git v3.4.0)  # 2.13 serves as well
  wengert_dependency(rapidcheck https://github.com/emil-e/rapidcheck.git ff6af6fc683159deb51c543b065eba14dfcf329b)
endif()
