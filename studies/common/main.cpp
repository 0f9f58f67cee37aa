// SPDX-License-Identifier: MIT
// The main() of every study, and of `all`, which runs them all.
#include <diffmem/study/all.hpp>
#include <diffmem/study/printed.hpp>

#include <string_view>

extern const std::string_view kPaperResults;  // studies/common/paper_results.csv, by CMake

int main(int argc, char** argv) {
  diffmem::set_printed(kPaperResults);
  return diffmem::run_registered(argc, argv);
}
