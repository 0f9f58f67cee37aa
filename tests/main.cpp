// SPDX-License-Identifier: MIT
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include <diffmem/core/runtime.hpp>

#include <string_view>

int main(int argc, char** argv) {
  diffmem::set_up_runtime({.threads = 1});  // ctest runs one test a core
  if (argc == 2 && std::string_view(argv[1]) == "--version") return diffmem::answered(argc, argv, ""), 0;
  return Catch::Session().run(argc, argv);
}
