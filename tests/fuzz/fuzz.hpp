// SPDX-License-Identifier: MIT
// For libFuzzer's harnesses: any bytes either pass or end in the exception that is promised; anything else is a finding.
#pragma once
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void expect(bool holds) {
  if (!holds) std::abort();
}

/// Whether `call` ends without the one exception that it may throw.
template <class Promised, class Call>
bool passes(Call&& call) {
  try {
    call();
    return true;
  } catch (const Promised&) {
    return false;
  }
}

/// A file in a folder of this process, for readers that want a path.
class File {
 public:
  explicit File(std::string_view name)
      : path_(std::filesystem::temp_directory_path() / ("diffmem-fuzz-" + std::to_string(::getpid())) / name) {
    std::filesystem::create_directory(path_.parent_path());
  }
  ~File() { std::filesystem::remove_all(path_.parent_path()); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Its path, once it holds `bytes`.
  const std::filesystem::path& of(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary) << bytes;
    return path_;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace fuzz
