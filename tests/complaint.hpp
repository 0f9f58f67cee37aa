// SPDX-License-Identifier: MIT
// For tests of bad input: the text of the Error that a call throws, and files to throw it about.
#pragma once
#include <diffmem/core/error.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>

/// The Error's text; empty if the call throws none.
template <class Call>
std::string complaint(Call&& call) {
  try {
    call();
  } catch (const diffmem::Error& error) {
    return error.what();
  }
  return {};
}

/// Whether `text` is an Error of `who`, in its three parts, that has all of `words`.
inline bool says(const std::string& text, std::string_view who, std::initializer_list<std::string_view> words) {
  bool all =
      text.starts_with(std::string(who) + ": got ") && text.find("; want ") != text.npos && !text.ends_with("; ");
  for (const auto word : words) all = all && text.find(word) != text.npos;
  return all;
}

/// A folder of one test, removed with it.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "diffmem-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << bytes;
    return path / name;
  }

  std::filesystem::path path;
};
