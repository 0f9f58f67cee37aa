// SPDX-License-Identifier: MIT
// Where the tests' fixtures are.
#pragma once
#include <filesystem>

/// tests/fixtures/<name>
inline std::filesystem::path fixture(const std::filesystem::path& name) {
  return std::filesystem::path(DIFFMEM_FIXTURES) / name;
}
