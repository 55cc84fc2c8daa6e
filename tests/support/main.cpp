// SPDX-License-Identifier: MIT
// The entry of every test program; with Catch2 2.13, which is header-only, also the one place where it is
// compiled.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
